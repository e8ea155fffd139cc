/**
 * The numbered stream of one session: which message follows, and what to ask for when one does not.
 */

import { applyDelta, emptyTopology, fromSnapshot, type Topology } from "./topology";
import type { FactName, LabEvent, Message, NamespaceId, ProgressMessage, StateMessage } from "./wire";

export interface LoggedEvent extends LabEvent {
  /** Unique within the page. */
  readonly key: string;
  readonly at: number;
}

export interface Feed {
  readonly topology: Topology;
  /** Number of the last message taken, of any type; what a reconnect asks to go on from. */
  readonly sequence: number;
  readonly hasSnapshot: boolean;
  /** How many snapshots were taken. Each may have leapt over messages of state: those are then asked for anew. */
  readonly snapshots: number;
  readonly state: StateMessage | null;
  readonly progress: ProgressMessage | null;
  /** Latest progress of each stage, in the order the stages were first heard of. */
  readonly stages: readonly ProgressMessage[];
  /** Oldest first, at most `eventLimit`. */
  readonly events: readonly LoggedEvent[];
  /** How often each namespace's facts were touched: a number to refetch by. */
  readonly touched: ReadonlyMap<NamespaceId, Readonly<Partial<Record<FactName | string, number>>>>;
}

export type Outcome =
  | { readonly kind: "taken"; readonly feed: Feed }
  /** Seen before, as after a resume: nothing changes. */
  | { readonly kind: "stale" }
  /** Messages between `expected` and `came` are missing: the snapshot is needed. */
  | { readonly kind: "gap"; readonly expected: number; readonly came: number };

export const eventLimit = 1000;

export const emptyFeed: Feed = {
  topology: emptyTopology,
  sequence: 0,
  hasSnapshot: false,
  snapshots: 0,
  state: null,
  progress: null,
  stages: [],
  events: [],
  touched: new Map(),
};

/** Take one message. Pure: answers the feed after it, or why it cannot be taken. */
export function take(feed: Feed, message: Message): Outcome {
  if (message.type === "snapshot") {
    return taken({
      ...feed,
      topology: fromSnapshot(message, feed.topology),
      sequence: message.sequence,
      hasSnapshot: true,
      snapshots: feed.snapshots + 1,
    });
  }
  const { sequence } = message;
  if (sequence <= feed.sequence) return { kind: "stale" };
  const expected = feed.sequence + 1;
  if (feed.hasSnapshot ? sequence !== expected : message.type === "delta") {
    return { kind: "gap", expected, came: sequence };
  }
  switch (message.type) {
    case "delta":
      return taken({
        ...feed,
        topology: applyDelta(feed.topology, message),
        sequence,
        events: logged(feed.events, message.events, message.at, sequence),
        touched: touch(feed.touched, message.touched),
      });
    case "progress":
      return taken({ ...feed, sequence, progress: message, stages: staged(feed.stages, message) });
    case "state":
      return taken({ ...feed, sequence, state: message });
  }
}

/** Put events from before the first snapshot in front, as a page that was just opened asks for them. */
export function remember(feed: Feed, messages: readonly Message[]): Feed {
  const earlier = messages.flatMap((message) =>
    message.type === "delta" ? logged([], message.events, message.at, message.sequence) : [],
  );
  const known = new Set(feed.events.map((event) => event.key));
  const added = earlier.filter((event) => !known.has(event.key));
  if (added.length === 0) return feed;
  return { ...feed, events: [...added, ...feed.events].slice(-eventLimit) };
}

function taken(feed: Feed): Outcome {
  return { kind: "taken", feed };
}

function logged(
  known: readonly LoggedEvent[],
  events: readonly LabEvent[],
  at: number,
  sequence: number,
): readonly LoggedEvent[] {
  if (events.length === 0) return known;
  const added = events.map((event, place) => ({ ...event, at, key: `${sequence}.${place}` }));
  return [...known, ...added].slice(-eventLimit);
}

function staged(stages: readonly ProgressMessage[], message: ProgressMessage): readonly ProgressMessage[] {
  const known = stages.findIndex((stage) => stage.stage === message.stage);
  return known < 0 ? [...stages, message] : stages.map((stage, place) => (place === known ? message : stage));
}

function touch(
  known: Feed["touched"],
  touched: Readonly<Record<NamespaceId, readonly string[]>>,
): Feed["touched"] {
  const entries = Object.entries(touched);
  if (entries.length === 0) return known;
  const counted = new Map(known);
  for (const [namespace, facts] of entries) {
    const before = counted.get(namespace) ?? {};
    const after = { ...before };
    for (const fact of facts) after[fact] = (before[fact] ?? 0) + 1;
    counted.set(namespace, after);
  }
  return counted;
}
