/** Worlds that look like the labs of the catalogue. */

import { World } from "./world";

/** A host's own namespace with its uplink into the underlay and an idle docker0. */
function ground(
  world: World,
  underlay: string,
  name: string,
  address: string,
): { root: string; uplink: string; docker0: string } {
  world.host(name, address);
  const root = world.namespace(name, "host", name);
  const uplink = world.link(root, "eth0", { index: 2, addresses: [`${address}/24`] });
  const docker0 = world.link(root, "docker0", {
    index: 3,
    type: "bridge",
    addresses: ["172.17.0.1/16"],
    state: "down",
    flags: ["UP"],
  });
  const bridge = world.network("bridge", "bridge", [name], "172.17.0.0/16", { bridge: "docker0" });
  world.realise(bridge, docker0);
  const far = world.link(world.interface(underlay).namespace, name, { master: underlay });
  world.wire("veth", uplink, far);
  return { root, uplink, docker0 };
}

function underlay(world: World): string {
  const namespace = world.namespace(null, "underlay", "underlay");
  return world.link(namespace, "underlay0", { index: 2, type: "bridge", addresses: ["10.77.0.1/24"] });
}

/** Two bridges on one host, a router-like container on both, one pod, one container on the host's own namespace. */
export function twoBridges(): World {
  const world = new World();
  const under = underlay(world);
  const { root, docker0 } = ground(world, under, "alpha", "10.77.0.11");
  const front = world.link(root, "br-3f1c9a77e0d1", { type: "bridge", addresses: ["172.18.0.1/16"] });
  const back = world.link(root, "br-8b2ee10c4f52", { type: "bridge", addresses: ["172.19.0.1/16"] });
  const frontNet = world.network("front", "bridge", ["alpha"], "172.18.0.0/16", {
    bridge: "br-3f1c9a77e0d1",
  });
  const backNet = world.network("back", "bridge", ["alpha"], "172.19.0.0/16", {
    bridge: "br-8b2ee10c4f52",
    internal: true,
  });
  world.realise(frontNet, front);
  world.realise(backNet, back);
  const web = world.namespace("alpha", "container", "web");
  const webContainer = world.container("alpha", web, "web", {
    image: "netquarium/web:1",
    network_mode: "front",
    ports: [{ host_ip: "0.0.0.0", published: 8080, target: 80, protocol: "tcp" }],
  });
  world.plug(web, "eth0", front, ["172.18.0.2/16"]);
  world.attach(webContainer, frontNet, "172.18.0.2/16", ["web"]);
  const app = world.namespace("alpha", "container", "app");
  const appContainer = world.container("alpha", app, "app", { network_mode: "front", health: "healthy" });
  world.plug(app, "eth0", front, ["172.18.0.3/16"]);
  world.attach(appContainer, frontNet, "172.18.0.3/16");
  world.plug(app, "eth1", back, ["172.19.0.3/16"]);
  world.attach(appContainer, backNet, "172.19.0.3/16");
  const db = world.namespace("alpha", "container", "db");
  const dbContainer = world.container("alpha", db, "db", { network_mode: "back" });
  world.plug(db, "eth0", back, ["172.19.0.2/16"]);
  world.attach(dbContainer, backNet, "172.19.0.2/16");
  const pod = world.namespace("alpha", "pod", "shop");
  world.container("alpha", pod, "shop-pause", {
    image: "netquarium/pause:1",
    pause: true,
    command: "/catatonit -P",
  });
  world.container("alpha", pod, "shop-web", {
    image: "netquarium/web:1",
    network_mode: "container:shop-pause",
  });
  world.container("alpha", pod, "shop-log", { network_mode: "container:shop-pause" });
  world.plug(pod, "eth0", docker0, ["172.17.0.2/16"]);
  world.nodes[docker0] = { ...world.interface(docker0), state: "up", flags: ["UP", "LOWER_UP"] };
  world.container("alpha", root, "monitor", { network_mode: "host" });
  world.container("alpha", world.namespace("alpha", "container", "lonely"), "lonely", {
    network_mode: "none",
  });
  world.container("alpha", null, "migrate", { state: "exited", network_mode: "back" });
  return world;
}

/** Two hosts, a macvlan network on the underlay and an overlay with its tunnel. */
export function overlayAndMacvlan(): World {
  const world = new World();
  const under = underlay(world);
  const overlay = world.network("backend", "overlay", ["alpha", "beta"], "10.0.1.0/24");
  const lan = world.network("lan", "macvlan", ["alpha", "beta"], "10.77.0.0/24");
  const tunnels: string[] = [];
  for (const [place, name] of ["alpha", "beta"].entries()) {
    const { root, uplink } = ground(world, under, name, `10.77.0.${11 + place}`);
    const gateway = world.link(root, "docker_gwbridge", { type: "bridge", addresses: ["172.18.0.1/16"] });
    const gatewayNet = world.network("docker_gwbridge", "bridge", [name], "172.18.0.0/16", {
      bridge: "docker_gwbridge",
    });
    world.realise(gatewayNet, gateway);
    const sandbox = world.namespace(name, "overlay", "overlay backend");
    const bridge = world.link(sandbox, "br0", {
      type: "bridge",
      addresses: ["10.0.1.1/24"],
      mtu_bytes: 1450,
    });

    const tunnel = world.link(sandbox, "vxlan0", {
      type: "vxlan",
      master: bridge,
      mtu_bytes: 1450,
      vxlan: { vni: 4097, port: 4789, local: null, remote: null },
    });
    world.realise(overlay, tunnel);
    tunnels.push(tunnel);
    for (let count = 0; count < 2; count += 1) {
      const service = place === 0 ? ["web", "api"][count] : ["db", "cache"][count];
      const namespace = world.namespace(name, "container", `${service}`);
      const container = world.container(name, namespace, `${service}`, { network_mode: "backend" });
      const address = `10.0.1.${2 + place * 2 + count}/24`;
      world.plug(namespace, "eth0", bridge, [address]);
      world.attach(container, overlay, address);
      world.plug(namespace, "eth1", gateway, [`172.18.0.${3 + count}/16`]);
    }
    const sensor = world.namespace(name, "container", `sensor-${name}`);
    const child = world.link(sensor, "eth0", {
      type: "macvlan",
      macvlan_mode: "bridge",
      addresses: [`10.77.0.${101 + place}/24`],
    });
    world.attach(
      world.container(name, sensor, `sensor-${name}`, { network_mode: "lan" }),
      lan,
      `10.77.0.${101 + place}/24`,
    );
    world.wire("macvlan", child, uplink);
  }
  const [first, second] = tunnels;
  if (first && second) world.wire("vxlan", first, second);
  return world;
}

/** So many containers on one bridge of one host. */
export function crowd(count: number): World {
  const world = new World();
  const under = underlay(world);
  const { docker0 } = ground(world, under, "alpha", "10.77.0.11");
  world.nodes[docker0] = { ...world.interface(docker0), state: "up" };
  for (let place = 1; place <= count; place += 1) {
    const namespace = world.namespace("alpha", "container", `node-${place}`);
    world.container("alpha", namespace, `node-${place}`);
    world.plug(namespace, "eth0", docker0, [`172.17.${place >> 8}.${(place % 256) + 1}/16`]);
  }
  return world;
}
