/**
 * The graph as it is drawn: hosts hold namespaces, namespaces hold interfaces and containers, cables join interfaces.
 *
 * Built whole from a topology each time it changes; every part equal to the one before keeps its identity, so that
 * what did not change is not drawn again. Leaves out everything about pixels.
 */

import type { Topology } from "./topology";
import type {
  AttachedEdge,
  ContainerNode,
  EdgeId,
  HostNode,
  InterfaceId,
  InterfaceNode,
  NamespaceId,
  NamespaceNode,
  NetworkId,
  NetworkNode,
  WiredEdge,
} from "./wire";

export interface BridgeView {
  readonly interface: InterfaceNode;
  /** Interfaces enslaved to the bridge, by index. */
  readonly ports: readonly InterfaceNode[];
}

export interface NamespaceView {
  readonly node: NamespaceNode;
  /** Those that live here, pause container first, then by name. */
  readonly containers: readonly ContainerNode[];
  /** Bridges, by index. */
  readonly bridges: readonly BridgeView[];
  /** Interfaces that are neither a bridge nor a port of one, by index; loopback first. */
  readonly interfaces: readonly InterfaceNode[];
}

export interface HostView {
  readonly node: HostNode;
  /** Host namespace first, then overlay ones, then the others, by name. */
  readonly namespaces: readonly NamespaceView[];
  /** Containers that hold no namespace: created, exited or dead. */
  readonly idle: readonly ContainerNode[];
}

/** Two interfaces joined in the kernel. `a` and `b` are present in the topology. */
export interface Cable {
  readonly id: EdgeId;
  readonly type: Exclude<WiredEdge["type"], "port">;
  readonly a: InterfaceNode;
  readonly b: InterfaceNode;
}

export interface NetworkView {
  readonly node: NetworkNode;
  readonly attachments: readonly AttachedEdge[];
}

export interface Structure {
  readonly hosts: readonly HostView[];
  /** Namespaces on no host: the underlay. */
  readonly outside: readonly NamespaceView[];
  readonly cables: readonly Cable[];
  readonly networks: readonly NetworkView[];
  readonly namespaceOf: ReadonlyMap<NamespaceId, NamespaceView>;
  /** The Docker network an interface belongs to: that of its bridge, of its addresses, or the one it realises. */
  readonly networkOf: ReadonlyMap<InterfaceId, NetworkId>;
}

export const emptyStructure: Structure = {
  hosts: [],
  outside: [],
  cables: [],
  networks: [],
  namespaceOf: new Map(),
  networkOf: new Map(),
};

const roleOrder: Record<NamespaceNode["role"], number> = {
  host: 0,
  ingress: 1,
  overlay: 2,
  container: 3,
  pod: 3,
  named: 4,
  process: 5,
  underlay: 6,
};

/** Arrange a topology. Edges with a missing end are left out: the observer may see one end of a cable first. */
export function arrange(topology: Topology, previous: Structure = emptyStructure): Structure {
  const sorted = sortNodes(topology);
  const cables: Cable[] = [];
  const attached = new Map<NetworkId, AttachedEdge[]>();
  const realised: { network: NetworkId; interface: InterfaceId }[] = [];
  for (const edge of topology.edges.values()) {
    if (edge.kind === "wired") {
      const a = topology.nodes.get(edge.a);
      const b = topology.nodes.get(edge.b);
      if (edge.type === "port" || a?.kind !== "interface" || b?.kind !== "interface") continue;
      cables.push({ id: edge.id, type: edge.type, a, b });
    } else if (edge.type === "attached") {
      listIn(attached, edge.b).push(edge);
    } else if (edge.type === "realised") {
      realised.push({ network: edge.a, interface: edge.b });
    }
  }

  const namespaces = sorted.namespaces
    .map((node) => keepShallow(previous.namespaceOf.get(node.id), viewNamespace(node, sorted, previous)))
    .sort((a, b) => byRole(a.node, b.node));
  const previousHosts = new Map(previous.hosts.map((host) => [host.node.id, host]));
  const hosts = sorted.hosts.map((node) =>
    keepShallow(previousHosts.get(node.id), {
      node,
      namespaces: keepList(
        previousHosts.get(node.id)?.namespaces,
        namespaces.filter((namespace) => namespace.node.host === node.name),
      ),
      idle: keepList(
        previousHosts.get(node.id)?.idle,
        sorted.containers.filter((container) => container.host === node.name && isIdle(container, topology)),
      ),
    }),
  );
  const known = new Set(sorted.hosts.map((host) => host.name));
  const previousCables = new Map(previous.cables.map((cable) => [cable.id, cable]));
  const previousNetworks = new Map(previous.networks.map((network) => [network.node.id, network]));
  const networks = sorted.networks.map((node) =>
    keepShallow(previousNetworks.get(node.id), {
      node,
      attachments: keepList(previousNetworks.get(node.id)?.attachments, attached.get(node.id) ?? []),
    }),
  );
  return keepShallow(previous, {
    hosts: keepList(previous.hosts, hosts),
    outside: keepList(
      previous.outside,
      namespaces.filter(({ node }) => node.host === null || !known.has(node.host)),
    ),
    cables: keepList(
      previous.cables,
      cables.map((cable) => keepShallow(previousCables.get(cable.id), cable)),
    ),
    networks: keepList(previous.networks, networks),
    namespaceOf: keepMap(previous.namespaceOf, new Map(namespaces.map((view) => [view.node.id, view]))),
    networkOf: keepMap(previous.networkOf, findNetworks(sorted, networks, realised, cables)),
  });
}

interface SortedNodes {
  readonly hosts: readonly HostNode[];
  readonly namespaces: readonly NamespaceNode[];
  readonly containers: readonly ContainerNode[];
  readonly networks: readonly NetworkNode[];
  readonly interfacesOf: ReadonlyMap<NamespaceId, readonly InterfaceNode[]>;
  readonly containersOf: ReadonlyMap<NamespaceId, readonly ContainerNode[]>;
  readonly interfaces: readonly InterfaceNode[];
}

function sortNodes(topology: Topology): SortedNodes {
  const hosts: HostNode[] = [];
  const namespaces: NamespaceNode[] = [];
  const containers: ContainerNode[] = [];
  const networks: NetworkNode[] = [];
  const interfaces: InterfaceNode[] = [];
  for (const node of topology.nodes.values()) {
    if (node.kind === "host") hosts.push(node);
    else if (node.kind === "namespace") namespaces.push(node);
    else if (node.kind === "container") containers.push(node);
    else if (node.kind === "network") networks.push(node);
    else interfaces.push(node);
  }
  const interfacesOf = new Map<NamespaceId, InterfaceNode[]>();
  for (const found of interfaces.sort((a, b) => a.index - b.index)) {
    listIn(interfacesOf, found.namespace).push(found);
  }
  const containersOf = new Map<NamespaceId, ContainerNode[]>();
  for (const container of containers.sort(
    (a, b) => Number(b.pause) - Number(a.pause) || compareText(a.name, b.name),
  )) {
    if (container.namespace !== null) listIn(containersOf, container.namespace).push(container);
  }
  hosts.sort((a, b) => compareText(a.name, b.name));
  networks.sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id));
  return { hosts, namespaces, containers, networks, interfacesOf, containersOf, interfaces };
}

function viewNamespace(node: NamespaceNode, sorted: SortedNodes, previous: Structure): NamespaceView {
  const before = previous.namespaceOf.get(node.id);
  const here = sorted.interfacesOf.get(node.id) ?? [];
  const present = new Set(here.map((found) => found.id));
  const bridgesBefore = new Map(before?.bridges.map((bridge) => [bridge.interface.id, bridge]));
  const bridges = here
    .filter((found) => found.type === "bridge")
    .map((bridge) =>
      keepShallow(bridgesBefore.get(bridge.id), {
        interface: bridge,
        ports: keepList(
          bridgesBefore.get(bridge.id)?.ports,
          here.filter((port) => port.master === bridge.id),
        ),
      }),
    );
  const isPort = (found: InterfaceNode) => found.master !== null && present.has(found.master);
  return {
    node,
    containers: keepList(before?.containers, sorted.containersOf.get(node.id) ?? []),
    bridges: keepList(before?.bridges, bridges),
    interfaces: keepList(
      before?.interfaces,
      here
        .filter((found) => found.type !== "bridge" && !isPort(found))
        .sort((a, b) => Number(b.type === "loopback") - Number(a.type === "loopback")),
    ),
  };
}

function findNetworks(
  sorted: SortedNodes,
  networks: readonly NetworkView[],
  realised: readonly { network: NetworkId; interface: InterfaceId }[],
  cables: readonly Cable[],
): Map<InterfaceId, NetworkId> {
  const found = new Map<InterfaceId, NetworkId>();
  for (const { network, interface: id } of realised) found.set(id, network);
  const containers = new Map(sorted.containers.map((container) => [container.id, container]));
  for (const { node, attachments } of networks) {
    for (const attachment of attachments) {
      const namespace = containers.get(attachment.a)?.namespace;
      if (!namespace) continue;
      for (const candidate of sorted.interfacesOf.get(namespace) ?? []) {
        if (candidate.addresses.some(({ address }) => attachment.addresses.includes(address))) {
          found.set(candidate.id, node.id);
        }
      }
    }
  }
  // A tunnel's bridge, every port of a bridge, and what is plugged into a port belong to the network, too.
  const inherit = (to: InterfaceId, from: InterfaceId) => {
    const network = found.get(from);
    if (network !== undefined && !found.has(to)) found.set(to, network);
  };
  const ports = sorted.interfaces.filter((candidate) => candidate.master !== null);
  for (const port of ports) if (port.type === "vxlan" && port.master) inherit(port.master, port.id);
  for (const port of ports) if (port.master) inherit(port.id, port.master);
  for (const { type, a, b } of cables) {
    if (type !== "veth") continue;
    if (a.master !== null) inherit(b.id, a.id);
    if (b.master !== null) inherit(a.id, b.id);
  }
  return found;
}

function isIdle(container: ContainerNode, topology: Topology): boolean {
  return container.namespace === null || !topology.nodes.has(container.namespace);
}

function byRole(a: NamespaceNode, b: NamespaceNode): number {
  return roleOrder[a.role] - roleOrder[b.role] || compareText(a.name, b.name) || compareText(a.id, b.id);
}

/** Compare as people count: "web-2" before "web-10". */
export function compareText(a: string, b: string): number {
  return collator.compare(a, b);
}

const collator = new Intl.Collator("en", { numeric: true });

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const known = lists.get(key);
  if (known) return known;
  const made: T[] = [];
  lists.set(key, made);
  return made;
}

function keepList<T>(previous: readonly T[] | undefined, next: readonly T[]): readonly T[] {
  const same = previous?.length === next.length && next.every((item, place) => item === previous[place]);
  return same ? previous : next;
}

function keepShallow<T extends object>(previous: T | undefined, next: T): T {
  if (!previous) return next;
  const before = new Map<string, unknown>(Object.entries(previous));
  const same = Object.entries(next).every(([key, value]) => before.get(key) === value);
  return same ? previous : next;
}

function keepMap<T>(previous: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  if (previous.size !== next.size) return next;
  for (const [key, value] of next) if (previous.get(key) !== value) return next;
  return previous;
}
