/** Which things of the graph a search or a network lights up. */

import type { Structure } from "./structure";
import type { InterfaceNode, NetworkId, NodeId } from "./wire";

/**
 * Ids of everything that holds every word of the text: by name, address, MAC, image, network, VNI.
 *
 * A namespace is found with what is in it, so that a match inside a box is not lost among dimmed boxes. Null for an
 * empty search.
 */
export function findText(structure: Structure, text: string): ReadonlySet<NodeId> | null {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const matches = (...parts: readonly (string | null | undefined)[]) => {
    const line = parts.filter(Boolean).join(" ").toLowerCase();
    return words.every((word) => line.includes(word));
  };
  const networkNames = new Map(structure.networks.map(({ node }) => [node.id, node.name]));
  const found = new Set<NodeId>();
  for (const host of structure.hosts) {
    if (matches(host.node.name, host.node.address)) found.add(host.node.id);
    for (const container of host.idle) if (matches(container.name, container.image)) found.add(container.id);
  }
  for (const view of structure.namespaceOf.values()) {
    const interfaces = [
      ...view.interfaces,
      ...view.bridges.flatMap((bridge) => [bridge.interface, ...bridge.ports]),
    ];
    const inside: NodeId[] = [];
    for (const node of interfaces) {
      const network = networkNames.get(structure.networkOf.get(node.id) ?? "");
      if (
        matches(
          node.name,
          node.mac,
          network,
          node.type,
          vni(node),
          ...node.addresses.map((one) => one.address),
        )
      ) {
        inside.push(node.id);
      }
    }
    for (const container of view.containers) {
      if (matches(container.name, container.image, container.service)) inside.push(container.id);
    }
    if (matches(view.node.name, view.node.role)) inside.push(view.node.id);
    if (inside.length > 0) for (const id of [...inside, view.node.id]) found.add(id);
  }
  return found;
}

/** Everything that belongs to a Docker network: its bridge or tunnel, ports, the interfaces of its members. */
export function findNetwork(structure: Structure, network: NetworkId): ReadonlySet<NodeId> {
  const found = new Set<NodeId>([network]);
  for (const view of structure.namespaceOf.values()) {
    const interfaces = [
      ...view.interfaces,
      ...view.bridges.flatMap((bridge) => [bridge.interface, ...bridge.ports]),
    ];
    for (const node of interfaces) {
      if (structure.networkOf.get(node.id) !== network) continue;
      found.add(node.id);
      found.add(view.node.id);
    }
  }
  return found;
}

function vni(node: InterfaceNode): string | null {
  return node.vxlan ? `vni ${node.vxlan.vni}` : null;
}
