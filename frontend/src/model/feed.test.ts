import { describe, expect, it } from "vitest";
import { twoBridges } from "../stories/worlds";
import { emptyFeed, type Feed, remember, take } from "./feed";
import type { DeltaMessage, Message, ProgressMessage } from "./wire";

const stamp = { session: "abcdef012345", at: 12 };

function delta(sequence: number, parts: Partial<DeltaMessage> = {}): DeltaMessage {
  const nothing = { nodes: {}, edges: {} };
  return {
    ...stamp,
    type: "delta",
    sequence,
    added: nothing,
    changed: nothing,
    removed: { nodes: [], edges: [] },
    touched: {},
    events: [],
    ...parts,
  };
}

function progress(sequence: number, stage: ProgressMessage["stage"], done: number): ProgressMessage {
  return { ...stamp, type: "progress", sequence, stage, done, total: 9, text: `${stage} ${done}` };
}

function feedAfter(messages: readonly Message[]): Feed {
  return messages.reduce((feed, message) => {
    const outcome = take(feed, message);
    if (outcome.kind !== "taken") throw new Error(`message ${message.sequence} was ${outcome.kind}`);
    return outcome.feed;
  }, emptyFeed);
}

describe("feed", () => {
  it("asks for a snapshot when a number is missing", () => {
    const feed = feedAfter([twoBridges().snapshot(5), delta(6)]);
    expect(take(feed, delta(8))).toEqual({ kind: "gap", expected: 7, came: 8 });
  });

  it("asks for a snapshot when a delta comes before one", () => {
    expect(take(emptyFeed, delta(1)).kind).toBe("gap");
  });

  it("ignores what it has seen, as after a resume", () => {
    const feed = feedAfter([twoBridges().snapshot(5), delta(6)]);
    expect(take(feed, delta(6)).kind).toBe("stale");
  });

  it("counts progress and state messages in the same row of numbers", () => {
    const feed = feedAfter([
      twoBridges().snapshot(5),
      progress(6, "network", 1),
      { ...stamp, type: "state", sequence: 7, state: "running", reason: null },
      delta(8),
    ]);
    expect(feed.sequence).toBe(8);
    expect(feed.state?.state).toBe("running");
  });

  it("takes progress before the first snapshot and keeps the latest of each stage, in order", () => {
    const feed = feedAfter([
      progress(1, "host", 1),
      progress(2, "container", 1),
      progress(3, "container", 2),
    ]);
    expect(feed.stages.map(({ stage, done }) => [stage, done])).toEqual([
      ["host", 1],
      ["container", 2],
    ]);
  });

  it("counts how often a namespace's facts were touched", () => {
    const feed = feedAfter([
      twoBridges().snapshot(1),
      delta(2, { touched: { "ns:4-1": ["routes"] } }),
      delta(3, { touched: { "ns:4-1": ["routes", "fdb"] } }),
    ]);
    expect(feed.touched.get("ns:4-1")).toEqual({ routes: 2, fdb: 1 });
  });

  it("puts remembered events in front, each once", () => {
    const event = { text: "web started", kind: "container_started", subject: null };
    const feed = feedAfter([twoBridges().snapshot(5), delta(6, { events: [event] })]);
    const after = remember(feed, [
      delta(4, { events: [event] }),
      progress(5, "host", 1),
      delta(6, { events: [event] }),
    ]);
    expect(after.events.map(({ key }) => key)).toEqual(["4.0", "6.0"]);
    expect(after.sequence).toBe(6);
  });

  it("logs events in order with the time of their delta", () => {
    const event = { text: "alpha: container web started", kind: "container_started", subject: null };
    const feed = feedAfter([twoBridges().snapshot(1), delta(2, { events: [event, event] })]);
    expect(feed.events.map(({ key, at }) => [key, at])).toEqual([
      ["2.0", 12],
      ["2.1", 12],
    ]);
  });
});
