import { Text } from "@mantine/core";
import { memo, useLayoutEffect, useRef } from "react";
import type { LoggedEvent } from "../../model/feed";
import { timeWords } from "../../model/words";
import { usePicture, useSessionParts } from "../session/context";
import classes from "./events.module.css";

/** Events, newest last; stays at the newest unless the reader scrolled up. */
export function EventLog() {
  const events = usePicture(({ feed }) => feed.events);
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when events come, to follow them.
  useLayoutEffect(() => {
    if (isAtEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [events]);
  if (events.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        What changes in the lab from now on is told here: try <code>docker network create demo</code> in a
        terminal.
      </Text>
    );
  }
  return (
    <ol
      ref={list}
      className={classes.list}
      aria-label="Events"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollTop + clientHeight > scrollHeight - 24;
      }}
    >
      {events.map((event) => (
        <Line key={event.key} event={event} />
      ))}
    </ol>
  );
}

const Line = memo(function Line({ event }: { readonly event: LoggedEvent }) {
  const { view } = useSessionParts();
  const isThere = usePicture(({ feed }) => event.subject !== null && feed.topology.nodes.has(event.subject));
  const time = timeWords(event.at * 1000);
  return (
    <li className={classes.line} data-kind={event.kind}>
      <time>{time}</time>
      {isThere ? (
        <button
          type="button"
          className={classes.subject}
          onClick={() => view.setState({ selected: event.subject, litEnds: [] })}
        >
          {event.text}
        </button>
      ) : (
        <span>{event.text}</span>
      )}
    </li>
  );
});
