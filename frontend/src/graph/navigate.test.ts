import { describe, expect, it } from "vitest";
import { cablePath } from "./cables";
import { assignColours } from "./colours";
import { nearest } from "./navigate";

const at = (x: number, y: number) => ({ x, y, width: 10, height: 10 });

describe("navigate", () => {
  const items = new Map([
    ["middle", at(100, 100)],
    ["below", at(110, 300)],
    ["beside", at(180, 150)],
    ["left", at(0, 100)],
  ]);

  it("prefers what is below to what is closer but beside", () => {
    expect(nearest(items, "middle", "down")).toBe("below");
  });

  it("finds nothing where nothing is", () => {
    expect(nearest(items, "left", "left")).toBeNull();
    expect(nearest(items, "gone", "left")).toBeNull();
  });

  it("goes back the way it came", () => {
    expect(nearest(items, nearest(items, "middle", "left") ?? "", "right")).toBe("middle");
  });
});

describe("cable path", () => {
  it("leaves the upper end below and meets the lower one above, whichever is named first", () => {
    const [upper, lower] = [at(0, 0), at(50, 200)];
    expect(cablePath("veth", upper, lower)).toEqual(cablePath("veth", lower, upper));
    expect(cablePath("veth", upper, lower).to).toEqual({ x: 55, y: 200 });
  });
});

describe("cable path around a box", () => {
  it("passes beside it, each cable in a lane of its own", () => {
    const box = { x: 80, y: 80, width: 60, height: 60 };
    const lanes = new Map();
    const [upper, lower] = [at(100, 0), at(120, 240)];
    const first = cablePath("veth", upper, lower, [box], lanes);
    const second = cablePath("veth", upper, lower, [box], lanes);
    expect(first.middle.x).toBeGreaterThan(box.x + box.width);
    expect(second.middle.x).toBeGreaterThan(first.middle.x);
  });
});

describe("network colours", () => {
  const network = (id: string, driver = "bridge") => ({ node: { id, driver } as never, attachments: [] });

  it("stay while the network lives and are given again after it", () => {
    const first = assignColours([network("a"), network("b")], new Map());
    const second = assignColours([network("b")], first);
    expect(second.get("b")).toBe(first.get("b"));
    expect(assignColours([network("b"), network("c")], second).get("c")).toBe(first.get("a"));
  });

  it("are not given to the engine's host and none networks", () => {
    expect(assignColours([network("h", "host"), network("n", "null")], new Map()).size).toBe(0);
  });
});
