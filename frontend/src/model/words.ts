/** Words and commands for what the graph shows: pure text, used by panels and accessible names. */

import type { Cable, NamespaceView, Structure } from "./structure";
import type { ContainerNode, InterfaceNode, NamespaceNode, NetworkNode } from "./wire";

export const roleWords: Record<NamespaceNode["role"], string> = {
  host: "host namespace",
  container: "container namespace",
  pod: "pod namespace",
  overlay: "overlay sandbox",
  ingress: "ingress sandbox",
  underlay: "underlay",
  named: "named namespace",
  process: "namespace of a process",
};

export const stateWords: Record<InterfaceNode["state"], string> = {
  up: "up",
  down: "down",
  lower_layer_down: "other end down",
  unknown: "up",
};

export const cableWords: Record<Cable["type"], string> = {
  veth: "veth pair",
  macvlan: "child on its parent",
  vxlan: "VXLAN tunnel",
};

/** A link is shown as down only when the kernel says so; "unknown" is what lo and tun devices say while they work. */
export function isDown(node: InterfaceNode): boolean {
  return node.state === "down" || node.state === "lower_layer_down";
}

/** "idle" is a bridge that is switched on and has nothing to forward: no fault, though the kernel calls it down. */
export function linkState(node: InterfaceNode): "up" | "down" | "idle" {
  if (!isDown(node)) return "up";
  return node.type === "bridge" && node.flags.includes("UP") ? "idle" : "down";
}

/** Name of a namespace with its host: "web on alpha". */
export function namespaceTitle(node: NamespaceNode): string {
  return node.host === null || node.role === "host" ? node.name : `${node.name} on ${node.host}`;
}

/** One line that says what an interface is, for accessible names. */
export function describeInterface(node: InterfaceNode, network: NetworkNode | undefined): string {
  const parts = [
    `${node.type === "other" ? "interface" : node.type} ${node.name}`,
    linkState(node) === "idle" ? "no carrier" : stateWords[node.state],
    ...node.addresses.map(({ address }) => address),
  ];
  if (network) parts.push(`network ${network.name}`);
  return parts.join(", ");
}

export interface ShellCommand {
  /** Target of the terminal to type it in: "alpha" or "alpha/web". Null when no shell can reach there. */
  readonly target: string | null;
  readonly text: string;
}

/**
 * How to run an `ip`-like command in a namespace from a lab host's shell.
 *
 * Source: ip-netns(8) for named ones; Docker keeps sandboxes in /run/docker/netns, that of an overlay as "1-" and ten
 * characters of the network's id; nsenter(1) with lsns(8) reaches any other that a process is in.
 */
export function commandIn(view: NamespaceView, structure: Structure, text: string): ShellCommand {
  const { node, containers } = view;
  const inside = containers.find((container) => !container.pause && container.state === "running");
  switch (node.role) {
    case "underlay":
      return { target: null, text };
    case "host":
      return { target: node.host, text };
    case "container":
    case "pod":
      return inside ? { target: `${inside.host}/${inside.name}`, text } : entered(node, text);
    case "named":
      return { target: node.host, text: `ip netns exec ${node.name} ${text}` };
    case "ingress":
      return { target: node.host, text: `nsenter --net=/run/docker/netns/ingress_sbox ${text}` };
    case "overlay": {
      const name = node.name.replace(/^overlay /, "");
      const network = structure.networks.find(
        (candidate) => candidate.node.driver === "overlay" && candidate.node.name === name,
      );
      const id = network?.node.id.replace(/^network:/, "").slice(0, 10);
      return id
        ? { target: node.host, text: `nsenter --net=/run/docker/netns/1-${id} ${text}` }
        : entered(node, text);
    }
    case "process":
      return entered(node, text);
  }
}

function entered(node: NamespaceNode, text: string): ShellCommand {
  const inode = node.id.split("-").at(-1) ?? "";
  const pid = `$(lsns -nt net -o NS,PID | awk '$1 == ${inode} { print $2 }')`;
  return { target: node.host, text: `nsenter -t "${pid}" -n ${text}` };
}

/** The command that shows an interface in full. */
export function interfaceCommand(node: InterfaceNode): string {
  return `ip -d addr show dev ${node.name}`;
}

export function containerCommand(node: ContainerNode): ShellCommand {
  return { target: node.host, text: `docker inspect ${node.name}` };
}

export function networkCommand(node: NetworkNode): ShellCommand {
  return { target: node.hosts[0] ?? null, text: `docker network inspect ${node.name}` };
}

export const factCommands = {
  routes: "ip route show table all",
  neighbours: "ip neigh",
  fdb: "bridge fdb show",
  rules: "iptables-save -c; nft list ruleset",
  counters: "ip -s link",
  sysctls: "sysctl net.ipv4",
} as const;

/** Every target a probe can start from or a terminal can open in, hosts first. */
export function targetsOf(structure: Structure): string[] {
  return structure.hosts.flatMap(({ node, namespaces }) => [
    node.name,
    ...namespaces
      .flatMap((view) => view.containers)
      .filter((container) => !container.pause && container.state === "running")
      .map((container) => `${node.name}/${container.name}`),
  ]);
}

/** The target that stands for a namespace, null when no shell or probe reaches it by name. */
export function targetOf(view: NamespaceView): string | null {
  if (view.node.role === "host") return view.node.host;
  const inside = view.containers.find((container) => !container.pause) ?? view.containers[0];
  return inside ? `${inside.host}/${inside.name}` : null;
}

/** "12 min 5 s", "2 h 3 min"; zero and less is "0 s". */
export function durationWords(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes >= 10 ? `${minutes} min` : minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** "06:17:12" by the reader's clock. */
export function timeWords(at_ms: number): string {
  return clock.format(at_ms);
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

/** "1.5 kB": decimal units, as `ip -s -h` prints them. */
export function byteWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = -1;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}
