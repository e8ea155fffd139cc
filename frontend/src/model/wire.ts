/**
 * The wire format: what the server sends over the session's WebSocket, exactly as it is sent.
 *
 * Mirrors `labs/topology/wire.py`; a test keeps the two in step. Every union is discriminated: messages on `type`,
 * nodes on `kind`, edges on `type`. Ids are stable strings ("host:alpha", "ns:4-4026532345", "if:4-4026532345:7").
 */

export type HostId = string;
export type NamespaceId = string;
export type InterfaceId = string;
export type ContainerId = string;
export type NetworkId = string;
export type NodeId = string;
export type EdgeId = string;

export type NamespaceRole =
  | "host"
  | "container"
  | "pod"
  | "overlay"
  | "ingress"
  | "underlay"
  | "named"
  | "process";

export type InterfaceType =
  | "veth"
  | "bridge"
  | "vxlan"
  | "macvlan"
  | "ipvlan"
  | "loopback"
  | "tun"
  | "ifb"
  | "other";

export type InterfaceState = "up" | "down" | "lower_layer_down" | "unknown";

export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

export interface HostNode {
  readonly id: HostId;
  readonly kind: "host";
  readonly name: string;
  readonly address: string;
  readonly engine_version: string | null;
}

export interface NamespaceNode {
  readonly id: NamespaceId;
  readonly kind: "namespace";
  /** Name of the lab host, null for the underlay. */
  readonly host: string | null;
  readonly role: NamespaceRole;
  readonly name: string;
  readonly containers: readonly ContainerId[];
}

export interface InterfaceAddress {
  /** With prefix length: "172.17.0.2/16". */
  readonly address: string;
  readonly scope: string;
}

export interface Vxlan {
  readonly vni: number;
  readonly port: number;
  readonly local: string | null;
  readonly remote: string | null;
}

export interface InterfaceNode {
  readonly id: InterfaceId;
  readonly kind: "interface";
  readonly namespace: NamespaceId;
  readonly index: number;
  readonly name: string;
  readonly type: InterfaceType;
  readonly mac: string | null;
  readonly mtu_bytes: number;
  readonly state: InterfaceState;
  readonly flags: readonly string[];
  /** The bridge this interface is a port of. */
  readonly master: InterfaceId | null;
  readonly addresses: readonly InterfaceAddress[];
  readonly vxlan: Vxlan | null;
  readonly macvlan_mode: string | null;
}

/** `host_ip` and `published` are null for a port that is exposed only. */
export interface PublishedPort {
  readonly host_ip: string | null;
  readonly published: number | null;
  readonly target: number;
  readonly protocol: string;
}

export interface ContainerNode {
  readonly id: ContainerId;
  readonly kind: "container";
  readonly host: string;
  readonly name: string;
  readonly image: string;
  readonly state: ContainerState;
  readonly health: "starting" | "healthy" | "unhealthy" | null;
  readonly network_mode: string;
  readonly service: string | null;
  readonly namespace: NamespaceId | null;
  readonly ports: readonly PublishedPort[];
  /** True for the container that only holds a pod's namespace open. */
  readonly pause: boolean;
  readonly command: string;
}

export interface NetworkNode {
  readonly id: NetworkId;
  readonly kind: "network";
  readonly hosts: readonly string[];
  readonly name: string;
  readonly driver: string;
  readonly scope: string;
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  readonly internal: boolean;
  readonly attachable: boolean;
  /** Name of the kernel bridge that realises it, null when there is none. */
  readonly bridge: string | null;
  readonly options: Readonly<Record<string, string>>;
}

export type Node = HostNode | NamespaceNode | InterfaceNode | ContainerNode | NetworkNode;
export type NodeKind = Node["kind"];

interface EdgeEnds {
  readonly id: EdgeId;
  readonly a: NodeId;
  readonly b: NodeId;
}

/** What the kernel has wired: `a` and `b` are interfaces. port: b is the bridge; macvlan (and ipvlan): b is the parent. */
export interface WiredEdge extends EdgeEnds {
  readonly kind: "wired";
  readonly type: "veth" | "port" | "macvlan" | "vxlan";
}

/** What the engine says belongs together. inside: container → namespace; realised: network → interface. */
export interface MemberEdge extends EdgeEnds {
  readonly kind: "member";
  readonly type: "inside" | "realised";
}

/** A container on a Docker network. */
export interface AttachedEdge extends EdgeEnds {
  readonly kind: "member";
  readonly type: "attached";
  readonly addresses: readonly string[];
  readonly aliases: readonly string[];
}

export type Edge = WiredEdge | MemberEdge | AttachedEdge;

export interface LabEvent {
  readonly text: string;
  readonly kind: string;
  readonly subject: NodeId | null;
}

/** The parts of a namespace which the graph does not carry; a delta names those that may have changed. */
export type FactName = "routes" | "neighbours" | "fdb" | "rules" | "counters" | "sysctls";

export type SessionState = "queued" | "launching" | "running" | "stopping" | "stopped" | "failed";

export type LaunchStage = "host" | "image" | "swarm" | "network" | "container" | "ready";

interface Stamped {
  readonly session: string;
  /** Everything but a snapshot takes the next number; a snapshot carries that of the last delta folded into it. */
  readonly sequence: number;
  /** Seconds since the epoch, by the server's clock. */
  readonly at: number;
}

export interface SnapshotMessage extends Stamped {
  readonly type: "snapshot";
  readonly nodes: Readonly<Record<NodeId, Node>>;
  readonly edges: Readonly<Record<EdgeId, Edge>>;
}

export interface Upserts {
  readonly nodes: Readonly<Record<NodeId, Node>>;
  readonly edges: Readonly<Record<EdgeId, Edge>>;
}

export interface DeltaMessage extends Stamped {
  readonly type: "delta";
  readonly added: Upserts;
  readonly changed: Upserts;
  readonly removed: { readonly nodes: readonly NodeId[]; readonly edges: readonly EdgeId[] };
  readonly touched: Readonly<Record<NamespaceId, readonly string[]>>;
  readonly events: readonly LabEvent[];
}

export interface ProgressMessage extends Stamped {
  readonly type: "progress";
  readonly stage: LaunchStage;
  readonly done: number;
  readonly total: number;
  readonly text: string;
}

export interface StateMessage extends Stamped {
  readonly type: "state";
  readonly state: SessionState;
  readonly reason: string | null;
}

export type Message = SnapshotMessage | DeltaMessage | ProgressMessage | StateMessage;

const messageTypes: ReadonlySet<string> = new Set<Message["type"]>([
  "snapshot",
  "delta",
  "progress",
  "state",
]);

/** Read one text frame. Null for a message type this page does not know: a newer server may send more. */
export function parseMessage(text: string): Message | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("type" in value)) {
    throw new Error("A message without a type came over the session socket.");
  }
  return typeof value.type === "string" && messageTypes.has(value.type) ? (value as Message) : null;
}
