/** Which colour each Docker network has: given once, kept while the network lives. */

import type { NetworkView } from "../model/structure";
import type { NetworkId } from "../model/wire";

/** Number of network colours in the style sheet. */
export const paletteSize = 8;

/** Give each network that carries traffic the first free colour; the engine's "host" and "none" carry none. */
export function assignColours(
  networks: readonly NetworkView[],
  previous: ReadonlyMap<NetworkId, number>,
): ReadonlyMap<NetworkId, number> {
  const coloured = networks.filter(({ node }) => node.driver !== "host" && node.driver !== "null");
  const isSame = coloured.length === previous.size && coloured.every(({ node }) => previous.has(node.id));
  if (isSame) return previous;
  const colours = new Map<NetworkId, number>();
  for (const { node } of coloured) {
    const before = previous.get(node.id);
    if (before !== undefined) colours.set(node.id, before);
  }
  for (const { node } of coloured) {
    if (colours.has(node.id)) continue;
    const used = new Set([...colours.values()].map((colour) => colour % paletteSize));
    let colour = 0;
    while (used.has(colour) && colour < paletteSize - 1) colour += 1;
    colours.set(node.id, used.size >= paletteSize ? colours.size % paletteSize : colour);
  }
  return colours;
}
