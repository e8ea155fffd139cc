import { expect, test } from "vitest";
import { consoleLines } from "./commands";

test("a prompt names the host, the rest is what is typed", () => {
  expect(consoleLines("alpha# docker ps\nbeta-2# ip route | grep '# 1'\n")).toEqual([
    { host: "alpha", text: "docker ps" },
    { host: "beta-2", text: "ip route | grep '# 1'" },
  ]);
});

test("output, shell comments and foreign prompts are no commands", () => {
  const block = "# a comment\nroot@alpha:~# ls\nalpha#\n\n1: lo: <LOOPBACK>";
  expect(consoleLines(block).map(({ host }) => host)).toEqual([null, null, null, null, null]);
  expect(
    consoleLines(block)
      .map(({ text }) => text)
      .join("\n"),
  ).toBe(block);
});
