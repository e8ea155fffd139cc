import { describe, expect, it } from "vitest";
import { overlayAndMacvlan, twoBridges } from "../stories/worlds";
import { arrange } from "./structure";
import { fromSnapshot } from "./topology";
import type { NamespaceRole } from "./wire";
import { byteWords, commandIn, durationWords, targetOf, targetsOf } from "./words";

function namespaceOf(build: typeof twoBridges, role: NamespaceRole) {
  const structure = arrange(fromSnapshot(build().snapshot()));
  const view = [...structure.namespaceOf.values()].find(({ node }) => node.role === role);
  if (!view) throw new Error(`no ${role} namespace in this world`);
  return { structure, view };
}

describe("words", () => {
  it("enter a pod through a container that has a shell, not through its pause container", () => {
    const { structure, view } = namespaceOf(twoBridges, "pod");
    expect(commandIn(view, structure, "ip route").target).toBe("alpha/shop-log");
    expect(targetOf(view)).toBe("alpha/shop-log");
  });

  it("enter an overlay's sandbox from the host by the name the engine gave it", () => {
    const { structure, view } = namespaceOf(overlayAndMacvlan, "overlay");
    const command = commandIn(view, structure, "ip -d link");
    expect(command.target).toBe("alpha");
    expect(command.text).toMatch(/^nsenter --net=\/run\/docker\/netns\/1-a{10} ip -d link$/);
  });

  it("offer no shell in the underlay, which is not the learner's", () => {
    const { structure, view } = namespaceOf(twoBridges, "underlay");
    expect(commandIn(view, structure, "ip link").target).toBeNull();
  });

  it("list hosts and running containers as targets, without pause and exited ones", () => {
    const { structure } = namespaceOf(twoBridges, "host");
    const targets = targetsOf(structure);
    expect(targets[0]).toBe("alpha");
    expect(targets).toContain("alpha/monitor");
    expect(targets).not.toContain("alpha/shop-pause");
    expect(targets).not.toContain("alpha/migrate");
  });

  it("say durations and sizes as people do", () => {
    expect([durationWords(-3), durationWords(65), durationWords(725), durationWords(7500)]).toEqual([
      "0 s",
      "1 min 5 s",
      "12 min",
      "2 h 5 min",
    ]);
    expect([byteWords(12), byteWords(1500), byteWords(12_345_678)]).toEqual(["12 B", "1.5 kB", "12 MB"]);
  });
});
