import { Box } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useParams } from "react-router";
import { useStore } from "zustand";
import type { Session } from "../api/types";
import { ErrorNotice, PageHeader, Waiting } from "../components/chrome";
import {
  HelpDialog,
  NarrowWorkspace,
  SessionHeader,
  type SessionParts,
  SessionProvider,
  WideWorkspace,
} from "../components/session";
import classes from "../components/session/session.module.css";
import { Live } from "../store/live";
import { queries } from "../store/queries";
import { Terminals } from "../store/terminals";
import { createView } from "../store/view";

export default function SessionPage() {
  const { id = "" } = useParams();
  const session = useQuery(queries.session(id));
  if (session.isPending) return <Waiting what="the session" />;
  if (session.isError) {
    return (
      <>
        <PageHeader />
        <Box maw={560} mx="auto" mt={60} px="md">
          <ErrorNotice
            title="This session cannot be shown"
            error={session.error}
            onRetry={() => void session.refetch()}
          />
        </Box>
      </>
    );
  }
  return <Followed key={id} session={session.data} fetchedAt={session.dataUpdatedAt} />;
}

interface SessionProps {
  readonly session: Session;
  /** When the session was asked for last, in milliseconds since the epoch. */
  readonly fetchedAt: number;
}

/** The session with its live state, which lives as long as the page shows it. */
function Followed({ session, fetchedAt }: SessionProps) {
  const [parts, setParts] = useState<SessionParts | null>(null);
  const { id } = session;
  useEffect(() => {
    const made = { id, live: new Live(), view: createView(), terminals: new Terminals(id) };
    made.live.follow(id);
    setParts(made);
    return () => made.live.close();
  }, [id]);
  return parts && <SessionFrame session={session} fetchedAt={fetchedAt} parts={parts} />;
}

function SessionFrame({ session, fetchedAt, parts }: SessionProps & { readonly parts: SessionParts }) {
  const isNarrow = useMediaQuery("(max-width: 899px)", undefined, { getInitialValueInEffect: false });
  const heard = useStore(parts.live.store, ({ picture }) => picture.feed.state);
  const snapshots = useStore(parts.live.store, ({ picture }) => picture.feed.snapshots);
  const known = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the moment at which this very message came.
  const heardAt = useMemo(() => Date.now(), [heard]);
  const state = heard && heardAt >= fetchedAt ? heard.state : session.state;
  useEffect(() => {
    document.title = `${session.title} · Netquarium`;
  }, [session.title]);
  useEffect(() => {
    // The stream says that the state moved; the rest of the session (times, what failed) is asked for. A snapshot may
    // have leapt over such a message.
    if (!heard && snapshots === 0) return;
    void known.invalidateQueries({ queryKey: queries.session(session.id).queryKey, exact: true });
  }, [heard, snapshots, known, session.id]);
  usePageKeys(parts);
  return (
    <SessionProvider parts={parts}>
      <div className={classes.page}>
        <PageHeader>
          <SessionHeader session={session} state={state} />
        </PageHeader>
        <main style={{ display: "contents" }}>
          {isNarrow ? (
            <NarrowWorkspace session={session} state={state} />
          ) : (
            <WideWorkspace session={session} state={state} />
          )}
        </main>
        <HelpDialog />
      </div>
    </SessionProvider>
  );
}

/** Keys that work anywhere on the page, but not while something is typed. */
function usePageKeys({ view }: SessionParts): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { target } = event;
      const isTyping =
        target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]");
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") {
        view.setState({ isHelpOpen: true });
      } else if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLElement>("[data-search]")?.focus();
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [view]);
}
