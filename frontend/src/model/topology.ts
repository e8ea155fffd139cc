/** The object graph a page holds: a snapshot, with numbered deltas folded in. Pure; unchanged nodes keep identity. */

import type { DeltaMessage, Edge, EdgeId, Node, NodeId, SnapshotMessage } from "./wire";

export interface Topology {
  readonly sequence: number;
  readonly nodes: ReadonlyMap<NodeId, Node>;
  readonly edges: ReadonlyMap<EdgeId, Edge>;
}

export const emptyTopology: Topology = { sequence: 0, nodes: new Map(), edges: new Map() };

/**
 * Take a snapshot in place of what is known.
 *
 * A node equal to the one known before keeps its identity, so that a snapshot after a lost connection redraws only
 * what differs.
 */
export function fromSnapshot(snapshot: SnapshotMessage, known: Topology = emptyTopology): Topology {
  return {
    sequence: snapshot.sequence,
    nodes: keepEqual(snapshot.nodes, known.nodes),
    edges: keepEqual(snapshot.edges, known.edges),
  };
}

/** Fold one delta in. The caller has checked that its sequence follows. Costs one copy of the maps it changes. */
export function applyDelta(topology: Topology, delta: DeltaMessage): Topology {
  return {
    sequence: delta.sequence,
    nodes: fold(topology.nodes, delta.added.nodes, delta.changed.nodes, delta.removed.nodes),
    edges: fold(topology.edges, delta.added.edges, delta.changed.edges, delta.removed.edges),
  };
}

/** Ids that are new or different in `next`, in its order. */
export function changedIds(previous: Topology, next: Topology): NodeId[] {
  if (previous.nodes === next.nodes) return [];
  const ids: NodeId[] = [];
  for (const [id, node] of next.nodes) {
    if (previous.nodes.get(id) !== node) ids.push(id);
  }
  return ids;
}

function fold<T>(
  known: ReadonlyMap<string, T>,
  added: Readonly<Record<string, T>>,
  changed: Readonly<Record<string, T>>,
  removed: readonly string[],
): ReadonlyMap<string, T> {
  const upserts = [...Object.entries(added), ...Object.entries(changed)];
  if (upserts.length === 0 && removed.length === 0) return known;
  const folded = new Map(known);
  for (const id of removed) folded.delete(id);
  for (const [id, value] of upserts) {
    const before = folded.get(id);
    folded.set(id, before !== undefined && deepEqual(before, value) ? before : value);
  }
  return folded;
}

function keepEqual<T>(
  entries: Readonly<Record<string, T>>,
  known: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  const kept = new Map<string, T>();
  for (const [id, value] of Object.entries(entries)) {
    const before = known.get(id);
    kept.set(id, before !== undefined && deepEqual(before, value) ? before : value);
  }
  return kept;
}

/** Structural equality of JSON values. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && deepEqual(value, right.get(key)))
  );
}
