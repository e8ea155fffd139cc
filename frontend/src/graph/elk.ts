/**
 * The whole layout of one host's namespaces by ELK's layered algorithm: containers above, bridges below them.
 *
 * ELK sees each namespace as a box with fixed ports (its sockets and pads), so that it orders boxes to cross few
 * cables. Runs in a web worker; this module only translates.
 */

import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";
import type { Cable, HostView } from "../model/structure";
import type { InterfaceId, NamespaceId } from "../model/wire";
import type { Point } from "./geometry";
import type { NamespaceShape } from "./shape";

const options: Record<string, string> = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.spacing.nodeNode": "18",
  "elk.layered.spacing.nodeNodeBetweenLayers": "58",
  "elk.spacing.edgeNode": "10",
  "elk.spacing.componentComponent": "24",
  "elk.layered.crossingMinimization.strategy": "LAYER_SWEEP",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.considerModelOrder.strategy": "PREFER_NODES",
  "elk.separateConnectedComponents": "false",
};

/** One host as an ELK graph, or null for a host without namespaces. */
export function toElk(
  host: HostView,
  cables: readonly Cable[],
  shapes: ReadonlyMap<NamespaceId, NamespaceShape>,
): ElkNode | null {
  const here = new Map<InterfaceId, NamespaceId>();
  const children: ElkNode[] = [];
  const chained = chainedNamespaces(cables);
  for (const { node } of host.namespaces) {
    const shape = shapes.get(node.id);
    if (!shape) continue;
    for (const id of shape.places.keys()) here.set(id, node.id);
    const isOnTop = depth[node.role] === 0 && !chained.has(node.id);
    children.push({
      id: node.id,
      width: shape.width,
      height: shape.height,
      layoutOptions: {
        "elk.portConstraints": "FIXED_POS",
        ...(isOnTop ? { "elk.layered.layering.layerConstraint": "FIRST" } : {}),
      },
      ports: [...shape.places].map(([id, rect]) => ({
        id,
        x: rect.x + rect.width / 2,
        y: node.role === "host" || node.role === "overlay" ? 0 : shape.height,
        width: 0,
        height: 0,
        layoutOptions: {
          "elk.port.side": node.role === "host" || node.role === "overlay" ? "NORTH" : "SOUTH",
        },
      })),
    });
  }
  if (children.length === 0) return null;
  const edges = layeringEdges(host, cables, here);
  return { id: host.node.id, layoutOptions: options, children, edges };
}

/** Read ELK's answer: the top left corner of each namespace, relative to the host. */
export function fromElk(answer: ElkNode): Map<NamespaceId, Point> {
  return new Map((answer.children ?? []).map((child) => [child.id, { x: child.x ?? 0, y: child.y ?? 0 }]));
}

const depth: Record<string, number> = {
  container: 0,
  pod: 0,
  named: 0,
  process: 0,
  ingress: 0,
  overlay: 1,
  host: 2,
};

/** Namespaces cabled to another that is no bridge's: chains of routers, which need rows of their own. */
function chainedNamespaces(cables: readonly Cable[]): ReadonlySet<NamespaceId> {
  const direct = cables.filter(({ type, a, b }) => type === "veth" && a.master === null && b.master === null);
  return new Set(direct.flatMap(({ a, b }) => [a.namespace, b.namespace]));
}

/** Cables within the host, from the upper to the lower box; and a hidden one that keeps overlays above the host. */
function layeringEdges(
  host: HostView,
  cables: readonly Cable[],
  here: ReadonlyMap<InterfaceId, NamespaceId>,
): ElkExtendedEdge[] {
  const roles = new Map(host.namespaces.map(({ node }) => [node.id, node.role]));
  const depthOf = (id: InterfaceId) => depth[roles.get(here.get(id) ?? "") ?? ""] ?? 0;
  const edges: ElkExtendedEdge[] = [];
  for (const { id, type, a, b } of cables) {
    if (type === "vxlan" || !here.has(a.id) || !here.has(b.id) || here.get(a.id) === here.get(b.id)) continue;
    const isUp = depthOf(a.id) < depthOf(b.id) || (depthOf(a.id) === depthOf(b.id) && a.master === null);
    const [source, target] = isUp ? [a.id, b.id] : [b.id, a.id];
    edges.push({ id, sources: [source], targets: [target] });
  }
  const ground = host.namespaces.find(({ node }) => node.role === "host");
  if (!ground) return edges;
  for (const { node } of host.namespaces) {
    const isAbove = node.role === "overlay";
    const isAlone = !edges.some((edge) =>
      [...edge.sources, ...edge.targets].some((id) => here.get(id) === node.id),
    );
    if (node.id !== ground.node.id && (isAbove || isAlone)) {
      edges.push({ id: `above:${node.id}`, sources: [node.id], targets: [ground.node.id] });
    }
  }
  return edges;
}
