import { describe, expect, it } from "vitest";
import { arrange, type Structure } from "../model/structure";
import { fromSnapshot } from "../model/topology";
import type { NamespaceId } from "../model/wire";
import type { World } from "../stories/world";
import { crowd, overlayAndMacvlan, twoBridges } from "../stories/worlds";
import { overlap, type Rect } from "./geometry";
import { frameHost, type Placement, placeAll, settle } from "./placement";
import { compose, shapeAll } from "./scene";

const options = { loopbacks: false };

function picture(world: World): { structure: Structure; shapes: ReturnType<typeof shapeAll> } {
  const structure = arrange(fromSnapshot(world.snapshot()));
  return { structure, shapes: shapeAll(structure, options, null) };
}

function assertApart(placement: Placement, structure: Structure): void {
  const rects = [...placement];
  for (const [place, [id, rect]] of rects.entries()) {
    for (const [otherId, other] of rects.slice(place + 1)) {
      expect(overlap(rect, other), `${id} overlaps ${otherId}`).toBe(false);
    }
  }
  const frames = structure.hosts.map((host) => frameHost(host, placement, { x: 0, y: 0 }));
  for (const [place, frame] of frames.entries()) {
    for (const other of frames.slice(place + 1)) expect(overlap(frame, other)).toBe(false);
  }
}

/** A layout as ELK might give it: all boxes of a host in one row. */
function inRows(
  structure: Structure,
  shapes: ReturnType<typeof shapeAll>,
): Map<string, Map<NamespaceId, Rect>> {
  return new Map(
    structure.hosts.map((host) => {
      let x = 0;
      return [
        host.node.id,
        new Map(
          host.namespaces.map(({ node }) => {
            const shape = shapes.get(node.id) ?? { width: 0, height: 0 };
            const isGround = node.role === "host";
            const rect = {
              x: isGround ? 0 : x,
              y: isGround ? 300 : 0,
              width: shape.width,
              height: shape.height,
            };
            if (!isGround) x += shape.width + 16;
            return [node.id, rect];
          }),
        ),
      ];
    }),
  );
}

describe("placement", () => {
  it.each([
    ["two bridges", twoBridges],
    ["overlay and macvlan", overlayAndMacvlan],
    ["a crowd of 24", () => crowd(24)],
  ])("finds room for everything of %s without a layout", (_, build) => {
    const { structure, shapes } = picture(build());
    const placement = settle(new Map(), structure, shapes);
    expect(placement.size).toBe(structure.hosts.flatMap((host) => host.namespaces).length);
    assertApart(placement, structure);
  });

  it("keeps every box where it was when a container is added", () => {
    const world = twoBridges();
    const before = picture(world);
    const placed = placeAll(before.structure, before.shapes, inRows(before.structure, before.shapes));
    const front = Object.values(world.nodes).find(
      (node) => node.kind === "interface" && node.name.startsWith("br-3"),
    );
    const added = world.namespace("alpha", "container", "fresh");
    world.container("alpha", added, "fresh");
    world.plug(added, "eth0", front?.id ?? "", ["172.18.0.9/16"]);
    const after = picture(world);
    const settled = settle(placed, after.structure, after.shapes);
    for (const [id, rect] of placed) {
      expect([settled.get(id)?.x, settled.get(id)?.y], id).toEqual([rect.x, rect.y]);
    }
    expect(settled.has(added)).toBe(true);
    assertApart(settled, after.structure);
  });

  it("answers the same placement when nothing changed", () => {
    const { structure, shapes } = picture(twoBridges());
    const placed = settle(new Map(), structure, shapes);
    expect(settle(placed, structure, shapes)).toBe(placed);
  });

  it("folds a row of forty containers into several", () => {
    const { structure, shapes } = picture(crowd(40));
    const placed = placeAll(structure, shapes, inRows(structure, shapes));
    const frame = frameHost(structure.hosts[0] as Structure["hosts"][number], placed, { x: 0, y: 0 });
    expect(frame.width).toBeLessThan(2000);
    assertApart(placed, structure);
  });

  it("stands each underlay socket below the host's uplink", () => {
    const { structure, shapes } = picture(overlayAndMacvlan());
    const scene = compose(structure, shapes, settle(new Map(), structure, shapes), options);
    const uplinks = scene.cables.filter(({ cable }) =>
      [cable.a, cable.b].some((end) => end.name === "alpha" || end.name === "beta"),
    );
    expect(uplinks).toHaveLength(2);
    for (const { from, to } of uplinks) expect(Math.abs(from.x - to.x)).toBeLessThan(1);
  });

  it("keeps boxes and cables identical in the next scene when nothing changed", () => {
    const { structure, shapes } = picture(overlayAndMacvlan());
    const placed = settle(new Map(), structure, shapes);
    const first = compose(structure, shapes, placed, options);
    const second = compose(structure, shapes, placed, options, first);
    expect(second.namespaces.every((box, place) => box === first.namespaces[place])).toBe(true);
    expect(second.bounds).toBe(first.bounds);
    expect(second.cables.every((cable, place) => cable === first.cables[place])).toBe(true);
  });
});
