/** The line of one cable, from the rectangles of its two ends and the boxes it must not cross. */

import type { Cable } from "../model/structure";
import { centre, type Point, type Rect } from "./geometry";

export interface CablePath {
  /** SVG path data. */
  readonly path: string;
  readonly from: Point;
  readonly to: Point;
  readonly middle: Point;
}

/** How far a cable keeps from a box it passes, and from the next cable that passes it on the same side. */
const clearance = 9;
const lanePitch = 7;

/** Counts the cables that already pass a box on a side, so that each takes a lane of its own. */
export type Lanes = Map<string, number>;

type Curve = readonly [Point, Point, Point, Point];

/**
 * Join two ends.
 *
 * The upper end is left at its bottom edge and the lower one met at its top, with vertical tangents; ends side by side are
 * joined by a sagging line below both. Tunnels always sag: they hang between hosts. A line that would cross an obstacle
 * goes down beside it.
 */
export function cablePath(
  type: Cable["type"],
  a: Rect,
  b: Rect,
  obstacles: readonly Rect[] = [],
  lanes: Lanes = new Map(),
): CablePath {
  const [upper, lower] = a.y <= b.y ? [a, b] : [b, a];
  const isBeside = lower.y - (upper.y + upper.height) < 14;
  if (type === "vxlan" || isBeside) {
    const from = bottomOf(a);
    const to = bottomOf(b);
    const sag = Math.max(from.y, to.y) + (type === "vxlan" ? 52 : 34);
    return drawn([[from, { x: from.x, y: sag }, { x: to.x, y: sag }, to]]);
  }
  const from = bottomOf(upper);
  const to = { x: centre(lower).x, y: lower.y };
  const direct = falling(from, to);
  const crossed = obstacles.find((box) => crosses(direct, box));
  return drawn(crossed ? around(from, to, crossed, lanes) : [direct]);
}

/** Down beside the box, on the side that costs the shorter way. */
function around(from: Point, to: Point, box: Rect, lanes: Lanes): Curve[] {
  const [left, right] = [box.x, box.x + box.width];
  const isLeft =
    Math.abs(from.x - left) + Math.abs(to.x - left) < Math.abs(from.x - right) + Math.abs(to.x - right);
  const key = `${box.x},${box.y},${isLeft}`;
  const lane = lanes.get(key) ?? 0;
  lanes.set(key, lane + 1);
  const x = isLeft ? left - clearance - lane * lanePitch : right + clearance + lane * lanePitch;
  const top = { x, y: Math.max(box.y, from.y + 10) };
  const bottom = { x, y: Math.min(box.y + box.height, to.y - 10) };
  const third = (bottom.y - top.y) / 3;
  const beside: Curve = [top, { x, y: top.y + third }, { x, y: bottom.y - third }, bottom];
  return [falling(from, top), beside, falling(bottom, to)];
}

function falling(from: Point, to: Point): Curve {
  const bend = Math.min(Math.max((to.y - from.y) * 0.5, Math.min(14, to.y - from.y)), 90);
  return [from, { x: from.x, y: from.y + bend }, { x: to.x, y: to.y - bend }, to];
}

function crosses(curve: Curve, box: Rect): boolean {
  for (let step = 1; step < 16; step += 1) {
    const { x, y } = at(curve, step / 16);
    if (x > box.x - 4 && x < box.x + box.width + 4 && y > box.y && y < box.y + box.height) return true;
  }
  return false;
}

function at([p, q, r, s]: Curve, part: number): Point {
  const rest = 1 - part;
  const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * part, 3 * rest * part ** 2, part ** 3];
  return { x: a * p.x + b * q.x + c * r.x + d * s.x, y: a * p.y + b * q.y + c * r.y + d * s.y };
}

function bottomOf(rect: Rect): Point {
  return { x: centre(rect).x, y: rect.y + rect.height };
}

function drawn(curves: readonly Curve[]): CablePath {
  const first = curves[0]?.[0] ?? { x: 0, y: 0 };
  const last = curves.at(-1)?.[3] ?? first;
  const central = curves[Math.floor(curves.length / 2)];
  const parts = curves.map(
    ([, ...points]) => `C${points.map(({ x, y }) => `${round(x)} ${round(y)}`).join(" ")}`,
  );
  return {
    path: `M${round(first.x)} ${round(first.y)}${parts.join("")}`,
    from: first,
    to: last,
    middle: central ? at(central, 0.5) : first,
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
