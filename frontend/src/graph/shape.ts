/**
 * The inside of one namespace's box: where its header, containers, switches, sockets and pads are.
 *
 * A bridge is drawn as a switch, its ports as sockets in the switch's edge; every other interface as a pad. Positions
 * are relative to the box. Ports keep the order of their interface index, so a new one comes last and moves no other.
 */

import type { NamespaceView } from "../model/structure";
import type { InterfaceId, InterfaceNode } from "../model/wire";
import type { Rect, Size } from "./geometry";

/** Pixel sizes; the style sheet of the graph uses the same. */
export const metrics = {
  padding: 10,
  header: 28,
  containerRow: 20,
  portsRow: 18,
  gap: 8,
  padHeight: 36,
  padWidthLeast: 78,
  padsPerRow: 4,
  padOverhang: 6,
  socket: 22,
  socketPitch: 27,
  switchBody: 58,
  switchWidthLeast: 104,
  switchInset: 10,
  /** Advance of one character of the monospaced labels at 10.5 px. */
  character: 6.35,
  headerCharacter: 7.1,
  boxWidthLeast: 108,
  railWidthLeast: 260,
} as const;

export interface SwitchShape {
  readonly bridge: InterfaceId;
  readonly rect: Rect;
}

export interface NamespaceShape extends Size {
  readonly switches: readonly SwitchShape[];
  /** Sockets and pads by interface; a bridge's own entry is its switch. */
  readonly places: ReadonlyMap<InterfaceId, Rect>;
  /** Top of the rows that name the containers, when there are any. */
  readonly rowsTop: number;
}

export interface ShapeOptions {
  readonly loopbacks: boolean;
}

/** What a pad shows under its name. */
export function padAddress(node: InterfaceNode): string {
  const first = node.addresses.find(({ scope }) => scope === "global") ?? node.addresses[0];
  if (first) return first.address;
  if (node.vxlan) return `vni ${node.vxlan.vni}`;
  return "";
}

/** True when the box lists its containers in rows: always, but for the one container its header already names. */
export function listsContainers(view: NamespaceView): boolean {
  const { role } = view.node;
  if (role === "underlay" || role === "overlay" || role === "ingress") return false;
  return role === "container" ? view.containers.length > 1 : view.containers.length > 0;
}

/** Published ports of all containers here, "8080→80". */
export function publishedPorts(view: NamespaceView): string[] {
  const texts = view.containers.flatMap((container) =>
    container.ports
      .filter((port) => port.published !== null)
      .map((port) => `${port.published}→${port.target}${port.protocol === "tcp" ? "" : `/${port.protocol}`}`),
  );
  return [...new Set(texts)];
}

export function visibleInterfaces(view: NamespaceView, options: ShapeOptions): readonly InterfaceNode[] {
  return options.loopbacks ? view.interfaces : view.interfaces.filter((found) => found.type !== "loopback");
}

/** Lay out one namespace. */
export function shapeNamespace(view: NamespaceView, options: ShapeOptions): NamespaceShape {
  const m = metrics;
  const places = new Map<InterfaceId, Rect>();
  const switches: SwitchShape[] = [];
  const isRow = view.node.role === "host" || view.node.role === "overlay" || view.node.role === "underlay";
  const rowsTop = m.header;
  const rows = listsContainers(view) ? view.containers.length : 0;
  const ports = publishedPorts(view).length > 0 && view.node.role !== "host" ? 1 : 0;
  const top = rowsTop + rows * m.containerRow + ports * m.portsRow + (rows + ports > 0 ? 4 : 2);
  let x: number = m.padding;
  let bottom = top;

  for (const { interface: bridge, ports: enslaved } of view.bridges) {
    const above = enslaved.filter((port) => port.type !== "vxlan");
    const below = enslaved.filter((port) => port.type === "vxlan");
    const label = Math.max(bridge.name.length, padAddress(bridge).length) * m.character + 24;
    const sockets = Math.max(above.length, below.length) * m.socketPitch + 2 * m.switchInset;
    const width = Math.ceil(Math.max(m.switchWidthLeast, label, sockets));
    const rect = { x, y: top + m.socket / 2, width, height: m.switchBody };
    switches.push({ bridge: bridge.id, rect });
    places.set(bridge.id, rect);
    spread(above, rect.x, width).forEach((left, place) => {
      const port = above[place];
      if (port) places.set(port.id, { x: left, y: rect.y - m.socket / 2, width: m.socket, height: m.socket });
    });
    spread(below, rect.x, width).forEach((left, place) => {
      const port = below[place];
      const y = rect.y + rect.height - m.socket / 2;
      if (port) places.set(port.id, { x: left, y, width: m.socket, height: m.socket });
    });
    bottom = Math.max(bottom, rect.y + rect.height + (below.length > 0 ? m.socket / 2 : 0));
    x += width + m.gap;
  }

  const pads = visibleInterfaces(view, options);
  const perRow = isRow || switches.length > 0 ? pads.length : m.padsPerRow;
  const padsLeft = x;
  const padsTop = switches.length > 0 ? top + m.socket / 2 + m.switchBody - m.padHeight : top;
  let right = x - m.gap;
  for (let start = 0; start < pads.length; start += perRow) {
    let left = padsLeft;
    const y = padsTop + (start / perRow) * (m.padHeight + m.gap);
    for (const pad of pads.slice(start, start + perRow)) {
      const width = padWidth(pad);
      places.set(pad.id, { x: left, y, width, height: m.padHeight });
      left += width + m.gap;
      right = Math.max(right, left - m.gap);
      bottom = Math.max(bottom, y + m.padHeight);
    }
  }

  const width = Math.ceil(Math.max(m.boxWidthLeast, headerWidth(view), right + m.padding));
  // Pads of a box that others are cabled to from below stick out of its lower edge, as sockets do of a switch.
  const foot = isRow || places.size === 0 ? m.padding : -m.padOverhang;
  return { width, height: bottom + foot, switches, places, rowsTop };
}

/**
 * The underlay's box, stretched under all hosts: each socket stands right below the interface it is cabled to.
 *
 * `below` gives for each port the x at which its cable comes down. Sockets keep a pitch apart.
 */
export function shapeRail(
  view: NamespaceView,
  below: ReadonlyMap<InterfaceId, number>,
  span: Rect,
): NamespaceShape {
  const m = metrics;
  const bridge = view.bridges[0];
  const width = Math.max(m.railWidthLeast, span.width);
  const left = span.x + span.width / 2 - width / 2;
  const rect = {
    x: m.padding,
    y: m.header + m.socket / 2,
    width: width - 2 * m.padding,
    height: m.switchBody,
  };
  const places = new Map<InterfaceId, Rect>();
  if (bridge) {
    places.set(bridge.interface.id, rect);
    const wanted = bridge.ports
      .map((port, place) => ({
        port,
        x: (below.get(port.id) ?? left + 40 + place * m.socketPitch) - left - m.socket / 2,
      }))
      .sort((a, b) => a.x - b.x);
    let least = rect.x + m.switchInset;
    for (const { port, x } of wanted) {
      const at = Math.max(least, Math.min(x, rect.x + rect.width - m.switchInset - m.socket));
      places.set(port.id, { x: at, y: rect.y - m.socket / 2, width: m.socket, height: m.socket });
      least = at + m.socketPitch;
    }
  }
  return {
    width,
    height: rect.y + rect.height + m.padding,
    switches: bridge ? [{ bridge: bridge.interface.id, rect }] : [],
    places,
    rowsTop: m.header,
  };
}

function padWidth(pad: InterfaceNode): number {
  const characters = Math.max(pad.name.length + 2, padAddress(pad).length);
  return Math.ceil(Math.max(metrics.padWidthLeast, characters * metrics.character + 18));
}

function headerWidth(view: NamespaceView): number {
  const title = view.node.name.length * metrics.headerCharacter + 62;
  const rows = listsContainers(view)
    ? Math.max(...view.containers.map((container) => container.name.length * metrics.character + 56))
    : 0;
  const ports = publishedPorts(view).join(" ").length * metrics.character + 28;
  return Math.max(Math.min(title, 280), rows, view.node.role === "host" ? 0 : Math.min(ports, 240));
}

/** Left edges of so many sockets, centred in a switch. */
function spread(ports: readonly InterfaceNode[], left: number, width: number): number[] {
  const used = ports.length * metrics.socketPitch - (metrics.socketPitch - metrics.socket);
  const start = left + (width - used) / 2;
  return ports.map((_, place) => start + place * metrics.socketPitch);
}
