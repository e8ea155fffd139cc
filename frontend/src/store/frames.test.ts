import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { oncePerFrame } from "./frames";

describe("once per frame", () => {
  let frames: (() => void)[] = [];
  const paint = () => {
    const due = frames;
    frames = [];
    for (const callback of due) callback();
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
    vi.stubGlobal("cancelAnimationFrame", () => {
      frames = [];
    });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    frames = [];
  });

  it("acts on a lone request at once and on a burst once more", () => {
    const action = vi.fn();
    const { request } = oncePerFrame(action);
    for (let count = 0; count < 10; count += 1) request();
    expect(action).toHaveBeenCalledTimes(1);
    paint();
    expect(action).toHaveBeenCalledTimes(2);
    paint();
    paint();
    expect(action).toHaveBeenCalledTimes(2);
  });

  it("goes on in a hidden tab, where no frames come", () => {
    const action = vi.fn();
    const { request } = oncePerFrame(action);
    request();
    request();
    vi.advanceTimersByTime(300);
    expect(action).toHaveBeenCalledTimes(2);
  });

  it("makes no call after it was cancelled", () => {
    const action = vi.fn();
    const { request, cancel } = oncePerFrame(action);
    request();
    request();
    cancel();
    paint();
    vi.advanceTimersByTime(1000);
    expect(action).toHaveBeenCalledTimes(1);
  });
});
