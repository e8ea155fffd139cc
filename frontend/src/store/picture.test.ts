import { describe, expect, it } from "vitest";
import { emptyFeed, type Feed, take } from "../model/feed";
import type { DeltaMessage, InterfaceNode, Message } from "../model/wire";
import { crowd } from "../stories/worlds";
import { draw, emptyPicture } from "./picture";

function feedAfter(feed: Feed, message: Message): Feed {
  const outcome = take(feed, message);
  if (outcome.kind !== "taken") throw new Error(outcome.kind);
  return outcome.feed;
}

function downed(node: InterfaceNode, sequence: number): DeltaMessage {
  return {
    type: "delta",
    session: "abcdef012345",
    sequence,
    at: 0,
    added: { nodes: {}, edges: {} },
    changed: { nodes: { [node.id]: { ...node, state: "down" } }, edges: {} },
    removed: { nodes: [], edges: [] },
    touched: {},
    events: [],
  };
}

describe("picture", () => {
  const world = crowd(200);
  const feed = feedAfter(emptyFeed, world.snapshot(1));
  const first = draw(emptyPicture, feed, true);
  const pad = Object.values(world.nodes).find(
    (node) => node.kind === "interface" && node.name === "eth0" && node.index > 9,
  );
  if (pad?.kind !== "interface") throw new Error("no eth0 in this world");

  it("redraws one box of two hundred when one link goes down", () => {
    const next = draw(first, feedAfter(feed, downed(pad, 2)), true);
    const redrawn = next.scene.namespaces.filter((box, place) => box !== first.scene.namespaces[place]);
    expect(redrawn.map((box) => box.view.node.id)).toEqual([pad.namespace]);
    expect(next.scene.cables.filter((cable, place) => cable !== first.scene.cables[place])).toHaveLength(1);
    expect([...next.fresh.keys()]).toEqual([pad.id]);
    expect(next.placement).toBe(first.placement);
  });

  it("marks nothing as new in the first picture", () => {
    expect(first.fresh.size).toBe(0);
  });
});
