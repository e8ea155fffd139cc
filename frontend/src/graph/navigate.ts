/** Moving the selection with the arrow keys: to the nearest thing in that direction. */

import { centre, type Rect } from "./geometry";

export type Direction = "left" | "right" | "up" | "down";

/**
 * The nearest other item in a direction, null when there is none.
 *
 * Distance counts sideways deviation three times, so that "down" prefers what is below to what is closer but beside.
 */
export function nearest(
  items: ReadonlyMap<string, Rect>,
  from: string,
  direction: Direction,
  isCandidate: (id: string) => boolean = () => true,
): string | null {
  const start = items.get(from);
  if (!start) return null;
  const origin = centre(start);
  let best: { id: string; cost: number } | null = null;
  for (const [id, rect] of items) {
    if (id === from || !isCandidate(id)) continue;
    const to = centre(rect);
    const [dx, dy] = [to.x - origin.x, to.y - origin.y];
    const along = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    const across = Math.abs(direction === "left" || direction === "right" ? dy : dx);
    if (along <= 1 || across > along * 2.5 + 12) continue;
    const cost = along + 3 * across;
    if (!best || cost < best.cost) best = { id, cost };
  }
  return best?.id ?? null;
}
