import { describe, expect, it } from "vitest";
import { twoBridges } from "../stories/worlds";
import { applyDelta, changedIds, deepEqual, fromSnapshot } from "./topology";
import type { DeltaMessage, InterfaceNode, Node } from "./wire";

const nothing = { nodes: {}, edges: {} };

function delta(parts: Partial<DeltaMessage>): DeltaMessage {
  return {
    type: "delta",
    session: "abcdef012345",
    sequence: 2,
    at: 0,
    added: nothing,
    changed: nothing,
    removed: { nodes: [], edges: [] },
    touched: {},
    events: [],
    ...parts,
  };
}

function anInterface(nodes: ReadonlyMap<string, Node>): InterfaceNode {
  for (const node of nodes.values()) if (node.kind === "interface" && node.type === "veth") return node;
  throw new Error("the world holds no veth");
}

describe("topology", () => {
  it("keeps the identity of every node that a delta does not name", () => {
    const before = fromSnapshot(twoBridges().snapshot());
    const changed = { ...anInterface(before.nodes), state: "down" as const };
    const after = applyDelta(before, delta({ changed: { nodes: { [changed.id]: changed }, edges: {} } }));
    expect(changedIds(before, after)).toEqual([changed.id]);
    expect(after.edges).toBe(before.edges);
    expect(after.nodes.get(changed.id)).toEqual(changed);
  });

  it("keeps the identity of a node that a delta names without changing it", () => {
    const before = fromSnapshot(twoBridges().snapshot());
    const same = structuredClone(anInterface(before.nodes));
    const after = applyDelta(before, delta({ changed: { nodes: { [same.id]: same }, edges: {} } }));
    expect(changedIds(before, after)).toEqual([]);
  });

  it("adds and removes nodes and edges", () => {
    const before = fromSnapshot(twoBridges().snapshot());
    const gone = anInterface(before.nodes);
    const made = { ...gone, id: "if:4-1:99", index: 99 };
    const after = applyDelta(
      before,
      delta({ added: { nodes: { [made.id]: made }, edges: {} }, removed: { nodes: [gone.id], edges: [] } }),
    );
    expect(after.nodes.has(gone.id)).toBe(false);
    expect(after.nodes.get(made.id)).toBe(made);
    expect(before.nodes.has(gone.id)).toBe(true);
    expect(after.sequence).toBe(2);
  });

  it("redraws only what differs when a snapshot comes again", () => {
    const world = twoBridges();
    const before = fromSnapshot(world.snapshot());
    const added = world.host("gamma", "10.77.0.13");
    const after = fromSnapshot(world.snapshot(9), before);
    expect(changedIds(before, after)).toEqual([added]);
    expect(after.sequence).toBe(9);
  });

  it("compares JSON values by structure", () => {
    expect(deepEqual({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
    expect(deepEqual({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(deepEqual([1], { 0: 1 })).toBe(false);
  });
});
