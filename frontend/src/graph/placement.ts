/**
 * Where each namespace's box stands, in the graph's plane.
 *
 * A whole layout comes from ELK (`placeAll`). After that boxes stay where they are: `settle` finds room for new ones
 * near what they are cabled to, and only moves a box when another grew into it. So the picture a learner remembers
 * is the picture they see.
 */

import type { Cable, HostView, NamespaceView, Structure } from "../model/structure";
import type { HostId, InterfaceId, NamespaceId } from "../model/wire";
import { around, centre, moved, overlap, type Point, padded, type Rect } from "./geometry";
import type { NamespaceShape } from "./shape";

export type Shapes = ReadonlyMap<NamespaceId, NamespaceShape>;
/** Boxes of namespaces on hosts; the underlay's follows from them. */
export type Placement = ReadonlyMap<NamespaceId, Rect>;

export const spacing = {
  hostGap: 44,
  boxGap: 16,
  rowGap: 58,
  foldedRowGap: 34,
  /** A row of boxes wider than this is folded into several. */
  widestRow: 900,
  host: { top: 42, right: 14, bottom: 14, left: 14 },
  idleShelf: 30,
  emptyHost: { width: 240, height: 130 },
  railGap: 54,
} as const;

/** Place everything anew: hosts side by side with their feet on one line, each arranged as `arranged` says. */
export function placeAll(
  structure: Structure,
  shapes: Shapes,
  arranged: ReadonlyMap<HostId, ReadonlyMap<NamespaceId, Point>>,
): Placement {
  const placement = new Map<NamespaceId, Rect>();
  let left = 0;
  for (const host of structure.hosts) {
    const points = arranged.get(host.node.id);
    const rects = new Map<NamespaceId, Rect>();
    for (const { node } of host.namespaces) {
      const shape = shapes.get(node.id);
      const point = points?.get(node.id);
      if (shape && point) rects.set(node.id, { ...point, width: shape.width, height: shape.height });
    }
    const folded = foldRows(rects);
    const bounds = around(folded.values());
    if (!bounds) continue;
    const by = { x: left - bounds.x, y: -(bounds.y + bounds.height) };
    for (const [id, rect] of folded) placement.set(id, moved(rect, by));
    left += bounds.width + spacing.host.left + spacing.host.right + spacing.hostGap;
  }
  return settle(placement, structure, shapes);
}

/** Find room for new boxes, drop those that are gone, follow those that changed size. Others keep their place. */
export function settle(previous: Placement, structure: Structure, shapes: Shapes): Placement {
  const placement = new Map<NamespaceId, Rect>();
  const resized = new Set<NamespaceId>();
  for (const host of structure.hosts) {
    for (const { node } of host.namespaces) {
      const shape = shapes.get(node.id);
      const before = previous.get(node.id);
      if (!shape || !before) continue;
      if (before.width !== shape.width || before.height !== shape.height) resized.add(node.id);
      placement.set(node.id, resized.has(node.id) ? { ...before, ...sizeOf(shape) } : before);
    }
  }
  let isChanged = resized.size > 0;
  for (const host of structure.hosts) {
    for (const view of host.namespaces) {
      const shape = shapes.get(view.node.id);
      if (!shape || placement.has(view.node.id)) continue;
      const spot = spotFor(view, shape, host, structure, shapes, placement);
      placement.set(view.node.id, { ...spot, ...sizeOf(shape) });
      isChanged = true;
    }
    pushApart(host, placement, resized);
  }
  if (isChanged) pushHostsApart(structure, placement);
  const isSame =
    placement.size === previous.size && [...placement].every(([id, rect]) => previous.get(id) === rect);
  return isSame ? previous : placement;
}

/** The box around a host's namespaces; `place` counts hosts that have none yet. */
export function frameHost(host: HostView, placement: Placement, empty: Point): Rect {
  const rects = host.namespaces.flatMap(({ node }) => placement.get(node.id) ?? []);
  const bounds = around(rects);
  if (!bounds) return { ...empty, ...spacing.emptyHost };
  const shelf = host.idle.length > 0 ? spacing.idleShelf : 0;
  const framed = padded(bounds, { ...spacing.host, bottom: spacing.host.bottom + shelf });
  return framed.width >= spacing.emptyHost.width ? framed : { ...framed, width: spacing.emptyHost.width };
}

/** Move one namespace's box, or all of a host's, by hand. */
export function shift(placement: Placement, ids: Iterable<NamespaceId>, by: Point): Placement {
  const shifted = new Map(placement);
  for (const id of ids) {
    const rect = shifted.get(id);
    if (rect) shifted.set(id, moved(rect, by));
  }
  return shifted;
}

/** Fold each row too wide to read into several, one box left and one box up by turns. */
function foldRows(rects: ReadonlyMap<NamespaceId, Rect>): Map<NamespaceId, Rect> {
  const rows: [NamespaceId, Rect][][] = [];
  for (const entry of [...rects].sort(([, a], [, b]) => a.y - b.y)) {
    const row = rows.at(-1);
    const first = row?.[0]?.[1];
    if (row && first && entry[1].y < first.y + first.height) row.push(entry);
    else rows.push([entry]);
  }
  const folded = new Map<NamespaceId, Rect>();
  let raised = 0;
  for (const row of rows.reverse()) {
    row.sort(([, a], [, b]) => a.x - b.x);
    const bounds = around(row.map(([, rect]) => rect));
    const lines = bounds && row.length > 5 ? Math.ceil(bounds.width / spacing.widestRow) : 1;
    if (!bounds || lines === 1) {
      for (const [id, rect] of row) folded.set(id, moved(rect, { x: 0, y: -raised }));
      continue;
    }
    const step = bounds.height + spacing.foldedRowGap;
    const pitch = Math.max(...row.map(([, rect]) => rect.width)) + spacing.boxGap;
    const width = (row.length / lines) * pitch;
    const left = bounds.x + bounds.width / 2 - width / 2;
    row.forEach(([id, rect], place) => {
      const x = left + (place / lines) * pitch;
      folded.set(id, { ...rect, x, y: bounds.y - raised - (place % lines) * step });
    });
    raised += (lines - 1) * step;
  }
  return recentred(folded, rects);
}

/** After folding, wide boxes below (the host's own namespace) still stand where the wide row had them: centre all. */
function recentred(
  folded: Map<NamespaceId, Rect>,
  before: ReadonlyMap<NamespaceId, Rect>,
): Map<NamespaceId, Rect> {
  const isFolded = [...folded].some(([id, rect]) => before.get(id)?.x !== rect.x);
  if (!isFolded) return folded;
  const bounds = around(before.values());
  if (!bounds) return folded;
  const middle = bounds.x + bounds.width / 2;
  const rows = new Map<number, Rect[]>();
  for (const rect of folded.values()) rows.set(rect.y, [...(rows.get(rect.y) ?? []), rect]);
  return new Map(
    [...folded].map(([id, rect]) => {
      const alone = rows.get(rect.y)?.length === 1 && before.get(id)?.x === rect.x;
      return [id, alone ? { ...rect, x: middle - rect.width / 2 } : rect];
    }),
  );
}

function spotFor(
  view: NamespaceView,
  shape: NamespaceShape,
  host: HostView,
  structure: Structure,
  shapes: Shapes,
  placement: ReadonlyMap<NamespaceId, Rect>,
): Point {
  const siblings = host.namespaces.filter(({ node }) => placement.has(node.id));
  const taken = siblings.flatMap(({ node }) => placement.get(node.id) ?? []);
  if (taken.length === 0) return firstSpot(shape, structure, placement);
  const ends = peerPoints(view.node.id, structure.cables, shapes, placement);
  const ground = around(
    siblings.filter(({ node }) => node.role === "host").flatMap(({ node }) => placement.get(node.id) ?? []),
  );
  const row = siblings.filter(({ node }) => isSameRow(node.role, view.node.role) && node.id !== view.node.id);
  const rowRects = row.flatMap(({ node }) => placement.get(node.id) ?? []);
  const lowest = rowRects.reduce<Rect | null>((low, rect) => (low && low.y > rect.y ? low : rect), null);
  const bounds = around(taken) ?? { x: 0, y: 0, width: 0, height: 0 };
  const x =
    ends.length > 0
      ? mean(ends.map((end) => end.x)) - shape.width / 2
      : bounds.x + bounds.width + spacing.boxGap;
  let y: number;
  if (view.node.role === "host") y = bounds.y + bounds.height + spacing.rowGap;
  else if (lowest) y = lowest.y + lowest.height - shape.height;
  else y = (ground ?? bounds).y - spacing.rowGap - shape.height;
  return freeSpot({ x, y, width: shape.width, height: shape.height }, taken);
}

/** The nearest place without overlap: sideways first, else in a row above. */
function freeSpot(ideal: Rect, taken: readonly Rect[]): Point {
  let best: { point: Point; cost: number } | null = null;
  for (let row = 0; row < 8; row += 1) {
    const y = ideal.y - row * (ideal.height + spacing.foldedRowGap);
    for (let step = 0; step <= 120; step += 1) {
      const cost = row * 260 + step * 12;
      if (best && cost >= best.cost) break;
      for (const side of step === 0 ? [0] : [1, -1]) {
        const x = ideal.x + side * step * 12;
        if (best && cost >= best.cost) continue;
        if (!taken.some((rect) => overlap({ ...ideal, x, y }, rect, spacing.boxGap - 1)))
          best = { point: { x, y }, cost };
      }
    }
  }
  if (best) return best.point;
  const bounds = around(taken);
  return { x: (bounds?.x ?? 0) + (bounds?.width ?? 0) + spacing.boxGap, y: ideal.y };
}

function firstSpot(
  shape: NamespaceShape,
  structure: Structure,
  placement: ReadonlyMap<NamespaceId, Rect>,
): Point {
  const frames = structure.hosts
    .filter((host) => host.namespaces.some(({ node }) => placement.has(node.id)))
    .map((host) => frameHost(host, placement, { x: 0, y: 0 }));
  const bounds = around(frames);
  const left = bounds ? bounds.x + bounds.width + spacing.hostGap + spacing.host.left : 0;
  return { x: left, y: -shape.height };
}

/** Middles of the sockets and pads at the far ends of a namespace's cables, where those are placed. */
function peerPoints(
  id: NamespaceId,
  cables: readonly Cable[],
  shapes: Shapes,
  placement: ReadonlyMap<NamespaceId, Rect>,
): Point[] {
  return cables.flatMap(({ type, a, b }) => {
    if (type === "vxlan") return [];
    const far = a.namespace === id ? b : b.namespace === id ? a : null;
    if (!far || far.namespace === id) return [];
    return absolutePlace(far.id, far.namespace, shapes, placement) ?? [];
  });
}

function absolutePlace(
  id: InterfaceId,
  namespace: NamespaceId,
  shapes: Shapes,
  placement: ReadonlyMap<NamespaceId, Rect>,
): Point | null {
  const box = placement.get(namespace);
  const inner = shapes.get(namespace)?.places.get(id);
  return box && inner ? centre(moved(inner, box)) : null;
}

function isSameRow(a: NamespaceView["node"]["role"], b: NamespaceView["node"]["role"]): boolean {
  return a !== "host" && b !== "host" && (a === "overlay") === (b === "overlay");
}

/** Where a box that changed size now overlaps another of its host, move the one further right. */
function pushApart(
  host: HostView,
  placement: Map<NamespaceId, Rect>,
  resized: ReadonlySet<NamespaceId>,
): void {
  const ids = host.namespaces.map(({ node }) => node.id).filter((id) => placement.has(id));
  if (!ids.some((id) => resized.has(id))) return;
  const active = new Set(ids.filter((id) => resized.has(id)));
  ids.sort((a, b) => (placement.get(a)?.x ?? 0) - (placement.get(b)?.x ?? 0));
  for (let place = 0; place < ids.length; place += 1) {
    for (let other = place + 1; other < ids.length; other += 1) {
      const [leftId, rightId] = [ids[place], ids[other]];
      if (leftId === undefined || rightId === undefined || !(active.has(leftId) || active.has(rightId)))
        continue;
      const left = placement.get(leftId);
      const right = placement.get(rightId);
      if (!left || !right || !overlap(left, right, spacing.boxGap - 1)) continue;
      const isStacked =
        Math.abs(centre(left).y - centre(right).y) > Math.min(left.height, right.height) * 0.6;
      if (isStacked) {
        const [upperId, upper, lower] = left.y < right.y ? [leftId, left, right] : [rightId, right, left];
        placement.set(upperId, { ...upper, y: lower.y - spacing.foldedRowGap - upper.height });
        active.add(upperId);
      } else {
        placement.set(rightId, { ...right, x: left.x + left.width + spacing.boxGap });
        active.add(rightId);
      }
    }
  }
}

/** Move a host to the right, whole, where the one before it grew into it. */
function pushHostsApart(structure: Structure, placement: Map<NamespaceId, Rect>): void {
  const placed = structure.hosts
    .filter((host) => host.namespaces.some(({ node }) => placement.has(node.id)))
    .map((host) => ({ host, frame: frameHost(host, placement, { x: 0, y: 0 }) }))
    .sort((a, b) => a.frame.x - b.frame.x);
  const settled: Rect[] = [];
  for (const { host, frame } of placed) {
    let by = 0;
    for (const other of settled) {
      const here = moved(frame, { x: by, y: 0 });
      if (overlap(here, other, spacing.hostGap / 2)) by = other.x + other.width + spacing.hostGap - frame.x;
    }
    if (by !== 0) {
      for (const { node } of host.namespaces) {
        const rect = placement.get(node.id);
        if (rect) placement.set(node.id, moved(rect, { x: by, y: 0 }));
      }
    }
    settled.push(moved(frame, { x: by, y: 0 }));
  }
}

function sizeOf(shape: NamespaceShape): { width: number; height: number } {
  return { width: shape.width, height: shape.height };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
