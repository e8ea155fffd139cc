/** Builds wire snapshots by hand, for unit tests and stories. Never part of the built page. */

import type {
  ContainerNode,
  Edge,
  InterfaceNode,
  NamespaceNode,
  NamespaceRole,
  NetworkNode,
  Node,
  SnapshotMessage,
} from "../model/wire";

type InterfaceOptions = Partial<Omit<InterfaceNode, "addresses">> & {
  readonly addresses?: readonly string[];
};

export class World {
  readonly nodes: Record<string, Node> = {};
  readonly edges: Record<string, Edge> = {};
  private count = 0;

  host(name: string, address: string): string {
    return this.add({ id: `host:${name}`, kind: "host", name, address, engine_version: "20.10.24" });
  }

  namespace(host: string | null, role: NamespaceRole, name: string): string {
    this.count += 1;
    const id = `ns:4-${4026532000 + this.count}`;
    const made = this.add({ id, kind: "namespace", host, role, name, containers: [] });
    if (role !== "underlay")
      this.link(id, "lo", { type: "loopback", index: 1, addresses: ["127.0.0.1/8"], mtu_bytes: 65536 });
    return made;
  }

  link(namespace: string, name: string, options: InterfaceOptions = {}): string {
    this.count += 1;
    const index = options.index ?? this.count;
    const { addresses, ...rest } = options;
    return this.add({
      id: `if:${namespace.slice(3)}:${index}`,
      kind: "interface",
      namespace,
      index,
      name,
      type: "veth",
      mac: `02:42:ac:11:00:${(index % 256).toString(16).padStart(2, "0")}`,
      mtu_bytes: 1500,
      state: "up",
      flags: ["UP", "LOWER_UP"],
      master: null,
      vxlan: null,
      macvlan_mode: null,
      ...rest,
      addresses: (addresses ?? []).map((address) => ({
        address,
        scope: address.startsWith("127.") ? "host" : "global",
      })),
    });
  }

  wire(type: "veth" | "macvlan" | "vxlan", a: string, b: string): string {
    return this.join({ id: `${type}:${a}~${b}`, kind: "wired", type, a, b });
  }

  /** A veth pair from a namespace into a bridge of another. */
  plug(namespace: string, name: string, bridge: string, addresses: readonly string[]): string {
    const end = this.link(namespace, name, { addresses });
    const far = this.link(
      this.interface(bridge).namespace,
      `veth${this.count.toString(16).padStart(4, "0")}a`,
      { master: bridge },
    );
    this.wire("veth", end, far);
    this.join({ id: `port:${far}`, kind: "wired", type: "port", a: far, b: bridge });
    return end;
  }

  container(
    host: string,
    namespace: string | null,
    name: string,
    options: Partial<ContainerNode> = {},
  ): string {
    this.count += 1;
    const id = `container:${this.count.toString(16).padStart(64, "0")}`;
    const made = this.add({
      id,
      kind: "container",
      host,
      name,
      image: "netquarium/tools:1",
      state: "running",
      health: null,
      network_mode: "bridge",
      service: name,
      ports: [],
      pause: false,
      command: "sleep infinity",
      ...options,
      namespace,
    });
    if (namespace !== null) {
      const node = this.nodes[namespace] as NamespaceNode;
      this.nodes[namespace] = { ...node, containers: [...node.containers, id] };
      this.join({ id: `inside:${id}`, kind: "member", type: "inside", a: id, b: namespace });
    }
    return made;
  }

  network(
    name: string,
    driver: string,
    hosts: string[],
    subnet: string,
    options: Partial<NetworkNode> = {},
  ): string {
    this.count += 1;
    return this.add({
      id: `network:${this.count.toString(16).padStart(64, "a")}`,
      kind: "network",
      hosts,
      name,
      driver,
      scope: driver === "overlay" ? "swarm" : "local",
      subnets: [subnet],
      gateways: [subnet.replace(/0\/\d+$/, "1")],
      internal: false,
      attachable: driver === "overlay",
      bridge: null,
      options: {},
      ...options,
    });
  }

  attach(container: string, network: string, address: string, aliases: readonly string[] = []): string {
    return this.join({
      id: `attached:${container}~${network}`,
      kind: "member",
      type: "attached",
      a: container,
      b: network,
      addresses: [address],
      aliases,
    });
  }

  realise(network: string, bridge: string): string {
    return this.join({
      id: `realised:${network}~${bridge}`,
      kind: "member",
      type: "realised",
      a: network,
      b: bridge,
    });
  }

  interface(id: string): InterfaceNode {
    const node = this.nodes[id];
    if (node?.kind !== "interface") throw new Error(`${id} is no interface of this world`);
    return node;
  }

  snapshot(sequence = 1): SnapshotMessage {
    const copy = structuredClone({ nodes: this.nodes, edges: this.edges });
    return { type: "snapshot", session: "abcdef012345", sequence, at: 1_763_870_000, ...copy };
  }

  private add(node: Node): string {
    this.nodes[node.id] = node;
    return node.id;
  }

  private join(edge: Edge): string {
    this.edges[edge.id] = edge;
    return edge.id;
  }
}
