/** The line of one cable, from the rectangles of its two ends. */

import type { Cable } from "../model/structure";
import { centre, type Point, type Rect } from "./geometry";

export interface CablePath {
  /** SVG path data. */
  readonly path: string;
  readonly from: Point;
  readonly to: Point;
  readonly middle: Point;
}

/**
 * Join two ends.
 *
 * The upper end is left at its bottom edge and the lower one met at its top, with vertical tangents; ends side by side are
 * joined by a sagging line below both. Tunnels always sag: they hang between hosts.
 */
export function cablePath(type: Cable["type"], a: Rect, b: Rect): CablePath {
  const [upper, lower] = a.y <= b.y ? [a, b] : [b, a];
  const isBeside = lower.y - (upper.y + upper.height) < 14;
  if (type === "vxlan" || isBeside) {
    const from = bottomOf(a);
    const to = bottomOf(b);
    const sag = Math.max(from.y, to.y) + (type === "vxlan" ? 52 : 34);
    return curve(from, { x: from.x, y: sag }, { x: to.x, y: sag }, to);
  }
  const from = bottomOf(upper);
  const to = { x: centre(lower).x, y: lower.y };
  const bend = Math.min(Math.max((to.y - from.y) * 0.5, 14), 90);
  return curve(from, { x: from.x, y: from.y + bend }, { x: to.x, y: to.y - bend }, to);
}

function bottomOf(rect: Rect): Point {
  return { x: centre(rect).x, y: rect.y + rect.height };
}

function curve(from: Point, first: Point, second: Point, to: Point): CablePath {
  const text = [first, second, to].map(({ x, y }) => `${round(x)} ${round(y)}`).join(" ");
  return {
    path: `M${round(from.x)} ${round(from.y)}C${text}`,
    from,
    to,
    middle: {
      x: (from.x + 3 * first.x + 3 * second.x + to.x) / 8,
      y: (from.y + 3 * first.y + 3 * second.y + to.y) / 8,
    },
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
