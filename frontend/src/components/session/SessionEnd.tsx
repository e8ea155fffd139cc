import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconPower } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Session } from "../../api/types";
import type { SessionState } from "../../model/wire";
import { useLaunch } from "../catalogue";
import classes from "./session.module.css";

interface SessionEndProps {
  readonly session: Session;
  readonly state: SessionState;
  readonly reason: string | null;
}

/** Shown over the graph when the session has ended or failed: what happened, and where to go from here. */
export function SessionEnd({ session, state, reason }: SessionEndProps) {
  const launch = useLaunch();
  const isFailed = state === "failed";
  const failed = session.failed_object;
  const title = isFailed
    ? "The lab could not be launched"
    : state === "stopping"
      ? "Stopping…"
      : "This session has ended";
  return (
    <Alert
      className={classes.end ?? ""}
      color={isFailed ? "red" : "gray"}
      variant="default"
      icon={isFailed ? <IconAlertTriangle size={20} aria-hidden /> : <IconPower size={20} aria-hidden />}
      title={title}
      role="alert"
    >
      {failed && (
        <Text size="sm" fw={600}>
          {failed.kind} {failed.name}
          {failed.host !== null && ` on ${failed.host}`}
        </Text>
      )}
      <Text size="sm">
        {reason ?? (isFailed ? "No reason was given." : "Everything in it has been removed.")}
      </Text>
      {state !== "stopping" && (
        <Group mt="sm" gap="sm">
          <Button size="compact-sm" loading={launch.isPending} onClick={() => launch.mutate(session.lab)}>
            Launch it again
          </Button>
          <Button size="compact-sm" variant="default" component={Link} to="/">
            All labs
          </Button>
        </Group>
      )}
    </Alert>
  );
}
