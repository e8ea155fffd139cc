import ELK from "elkjs/lib/elk.bundled.js";
import { describe, expect, it } from "vitest";
import { arrange } from "../model/structure";
import { fromSnapshot } from "../model/topology";
import { overlayAndMacvlan, twoBridges } from "../stories/worlds";
import { fromElk, toElk } from "./elk";
import { shapeAll } from "./scene";

async function layout(build: typeof twoBridges) {
  const structure = arrange(fromSnapshot(build().snapshot()));
  const shapes = shapeAll(structure, { loopbacks: false }, null);
  const host = structure.hosts[0];
  if (!host) throw new Error("no host in this world");
  const graph = toElk(host, structure.cables, shapes);
  if (!graph) throw new Error("nothing to lay out");
  const points = fromElk(await new ELK().layout(graph));
  const heightOf = (name: string) =>
    points.get(host.namespaces.find(({ node }) => node.name === name)?.node.id ?? "")?.y;
  return { host, points, heightOf };
}

describe("ELK layout", () => {
  it("puts every container above the host's own namespace", async () => {
    const { host, points, heightOf } = await layout(twoBridges);
    const ground = heightOf("alpha") ?? 0;
    expect(points.size).toBe(host.namespaces.length);
    for (const { node } of host.namespaces) {
      if (node.role !== "host") expect(points.get(node.id)?.y, node.name).toBeLessThan(ground);
    }
  });

  it("puts an overlay between its containers and the host", async () => {
    const { heightOf } = await layout(overlayAndMacvlan);
    expect(heightOf("web")).toBeLessThan(heightOf("overlay backend") ?? 0);
    expect(heightOf("overlay backend")).toBeLessThan(heightOf("alpha") ?? 0);
  });
});
