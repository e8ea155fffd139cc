import { Center, Text } from "@mantine/core";
import type { Session } from "../../api/types";
import type { SessionState } from "../../model/wire";
import { GraphView } from "../graph";
import { useLive, usePicture } from "./context";
import { LaunchProgress } from "./LaunchProgress";
import { Reconnecting } from "./Reconnecting";
import { SessionEnd } from "./SessionEnd";
import classes from "./session.module.css";

interface StageProps {
  readonly session: Session;
  readonly state: SessionState;
}

/** The graph, with what lies over it: launch progress, a lost connection, the end. */
export function Stage({ session, state }: StageProps) {
  const socket = useLive((live) => live.socket);
  const heard = usePicture(({ feed }) => feed.state);
  const isEmpty = usePicture(({ structure }) => structure.hosts.length === 0);
  const hasEnded = state === "failed" || state === "stopped" || state === "stopping";
  const isComing = state === "queued" || state === "launching";
  return (
    <div className={classes.stage}>
      <div className={classes.graph} data-ended={hasEnded || undefined}>
        <GraphView />
      </div>
      {isComing && <LaunchProgress session={session} />}
      {hasEnded && <SessionEnd session={session} state={state} reason={heard?.reason ?? session.reason} />}
      {!hasEnded && <Reconnecting status={socket} what="graph" className={classes.reconnecting} />}
      {state === "running" && isEmpty && (
        <Center className={classes.waiting ?? ""}>
          <Text size="sm" c="dimmed" role="status">
            Reading the lab's namespaces…
          </Text>
        </Center>
      )}
    </div>
  );
}
