import { describe, expect, it } from "vitest";
import { overlayAndMacvlan, twoBridges } from "../stories/worlds";
import { arrange } from "./structure";
import { applyDelta, fromSnapshot } from "./topology";
import type { InterfaceNode } from "./wire";

describe("structure", () => {
  it("puts the host's own namespace first and ports in their bridge", () => {
    const structure = arrange(fromSnapshot(twoBridges().snapshot()));
    const [alpha] = structure.hosts;
    expect(alpha?.namespaces[0]?.node.role).toBe("host");
    const bridges = alpha?.namespaces[0]?.bridges.map(({ interface: bridge, ports }) => [
      bridge.name,
      ports.length,
    ]);
    expect(bridges).toEqual([
      ["docker0", 1],
      ["br-3f1c9a77e0d1", 2],
      ["br-8b2ee10c4f52", 2],
    ]);
    expect(alpha?.idle.map((container) => container.name)).toEqual(["migrate"]);
    expect(structure.outside.map(({ node }) => node.role)).toEqual(["underlay"]);
  });

  it("lists a pod's pause container first", () => {
    const structure = arrange(fromSnapshot(twoBridges().snapshot()));
    const pod = structure.hosts[0]?.namespaces.find(({ node }) => node.role === "pod");
    expect(pod?.containers.map((container) => container.name)).toEqual([
      "shop-pause",
      "shop-log",
      "shop-web",
    ]);
  });

  it("finds the network of a bridge, of its ports and of a container's interface by its address", () => {
    const topology = fromSnapshot(overlayAndMacvlan().snapshot());
    const structure = arrange(topology);
    const names = (name: string, address: string) =>
      [...topology.nodes.values()]
        .filter((node): node is InterfaceNode => node.kind === "interface" && node.name === name)
        .filter((node) => node.addresses.some((found) => found.address === address))
        .map((node) =>
          structure.networks.find(({ node: network }) => network.id === structure.networkOf.get(node.id)),
        )
        .map((network) => network?.node.name);
    expect(names("br0", "10.0.1.1/24")).toEqual(["backend", "backend"]);
    expect(names("eth0", "10.0.1.2/24")).toEqual(["backend"]);
    expect(names("eth0", "10.77.0.101/24")).toEqual(["lan"]);
    expect(names("eth1", "172.18.0.3/16")).toEqual(["docker_gwbridge", "docker_gwbridge"]);
    const port = [...topology.nodes.values()].find(
      (node) => node.kind === "interface" && node.type === "vxlan",
    );
    expect(structure.networkOf.has(port?.id ?? "")).toBe(true);
  });

  it("keeps the identity of every namespace but the one that changed", () => {
    const before = fromSnapshot(twoBridges().snapshot());
    const structure = arrange(before);
    expect(arrange(before, structure)).toBe(structure);
    const eth0 = [...before.nodes.values()].find((node) => node.kind === "interface" && node.name === "eth1");
    if (eth0?.kind !== "interface") throw new Error("no eth1 in this world");
    const after = arrange(
      applyDelta(before, {
        type: "delta",
        session: "",
        sequence: 2,
        at: 0,
        added: { nodes: {}, edges: {} },
        changed: { nodes: { [eth0.id]: { ...eth0, state: "down" } }, edges: {} },
        removed: { nodes: [], edges: [] },
        touched: {},
        events: [],
      }),
      structure,
    );
    const changed = [...after.namespaceOf].filter(([id, view]) => structure.namespaceOf.get(id) !== view);
    expect(changed.map(([id]) => id)).toEqual([eth0.namespace]);
  });

  it("leaves out a cable whose other end is not known yet", () => {
    const world = twoBridges();
    const topology = fromSnapshot(world.snapshot());
    const cable = arrange(topology).cables[0];
    const nodes = new Map(topology.nodes);
    nodes.delete(cable?.b.id ?? "");
    const ids = arrange({ ...topology, nodes }).cables.map(({ id }) => id);
    expect(ids).not.toContain(cable?.id);
  });
});
