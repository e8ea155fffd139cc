import { ActionIcon, Button, Group, Loader, Popover, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowRight, IconPlayerStopFilled } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { stopSession } from "../../api/client";
import { reasonOf } from "../../api/problem";
import type { Session } from "../../api/types";
import { durationWords } from "../../model/words";
import { queries } from "../../store/queries";
import { ErrorNotice } from "../chrome";
import classes from "./catalogue.module.css";

/** Sessions that have not ended; nothing at all when there are none. */
export function RunningSessions() {
  const sessions = useQuery(queries.sessions());
  if (sessions.isError) {
    return (
      <ErrorNotice
        title="Your sessions cannot be listed"
        error={sessions.error}
        onRetry={() => void sessions.refetch()}
      />
    );
  }
  if (!sessions.data || sessions.data.length === 0) return null;
  return (
    <section aria-labelledby="running" className={classes.running}>
      <Title order={2} id="running" mb="xs">
        Your sessions
      </Title>
      {sessions.data.map((session) => (
        <SessionRow key={session.id} session={session} />
      ))}
    </section>
  );
}

function SessionRow({ session }: { readonly session: Session }) {
  const isMoving = session.state !== "running";
  const left = (Date.parse(session.expires_at) - Date.now()) / 1000;
  return (
    <div className={classes.session}>
      <span className={classes.state} data-state={session.state} aria-hidden>
        {isMoving && <Loader size={10} />}
      </span>
      <div className={classes.sessionText}>
        <Text fw={600} truncate component="div">
          {session.title}
        </Text>
        <Text size="xs" c="dimmed" truncate component="div">
          {session.state}
          {isMoving
            ? ` · ${session.progress.text || session.progress.stage}`
            : ` · ${durationWords(left)} left`}
          <span className="mono"> · {session.id}</span>
        </Text>
      </div>
      <Group gap={6} wrap="nowrap">
        <StopButton session={session} />
        <Button
          component={Link}
          to={`/sessions/${session.id}`}
          variant="light"
          size="compact-sm"
          rightSection={<IconArrowRight size={13} aria-hidden />}
          aria-label={`Open ${session.title}`}
        >
          Open
        </Button>
      </Group>
    </div>
  );
}

/** Stops a session without opening it, after asking once. */
function StopButton({ session }: { readonly session: Session }) {
  const known = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const stop = useMutation({
    mutationFn: () => stopSession(session.id),
    onSettled: () => known.invalidateQueries({ queryKey: queries.sessions().queryKey, exact: true }),
    onError: (error) =>
      notifications.show({ color: "red", title: "The session was not stopped", message: reasonOf(error) }),
  });
  return (
    <Popover opened={isAsked} onChange={setAsked} position="left" withArrow trapFocus>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Stop ${session.title}`}
          title="Stop"
          loading={stop.isPending || session.state === "stopping"}
          onClick={() => setAsked(!isAsked)}
        >
          <IconPlayerStopFilled size={14} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" mb="xs">
          Everything in it is removed.
        </Text>
        <Button
          size="compact-sm"
          color="red"
          onClick={() => {
            setAsked(false);
            stop.mutate();
          }}
        >
          Stop the session
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
