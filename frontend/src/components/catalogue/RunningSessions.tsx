import { Button, Group, Loader, Text, Title } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
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
      <Group gap="xs" wrap="nowrap">
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
