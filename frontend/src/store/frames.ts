/** Gathers a burst into one call per frame: the first call at once, what follows it before the next paint. */

/** In a hidden tab no frames come; after this long a gathered call is made all the same. */
const hidden_ms = 250;

let isInFrame = false;

/** True while what was drawn last was drawn inside a frame, and so is painted by that very frame. */
export function drawnInFrame(): boolean {
  return isInFrame;
}

/**
 * Make a function that calls `action` at most once per frame.
 *
 * A lone request is acted on at once, so that its work is done when the next frame begins; requests that follow within
 * the frame are gathered into one call in it.
 *
 * Returns: the function, and `cancel`, after which a gathered call is not made.
 */
export function oncePerFrame(action: () => void): { request: () => void; cancel: () => void } {
  let frame: number | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isAsked = false;

  const cancel = () => {
    if (frame !== null) cancelAnimationFrame(frame);
    if (timer !== null) clearTimeout(timer);
    frame = null;
    timer = null;
    isAsked = false;
  };
  const wait = () => {
    frame = requestAnimationFrame(() => next(true));
    timer = setTimeout(() => next(false), hidden_ms);
  };
  const next = (inFrame: boolean) => {
    const wasAsked = isAsked;
    cancel();
    if (!wasAsked) return;
    isInFrame = inFrame;
    action();
    // React draws in a microtask after this; the flag holds until the frame is over.
    if (inFrame) setTimeout(() => (isInFrame = false), 0);
    wait();
  };
  const request = () => {
    if (frame !== null) {
      isAsked = true;
      return;
    }
    action();
    wait();
  };
  return { request, cancel };
}
