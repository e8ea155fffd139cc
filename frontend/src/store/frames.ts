/** Gathers a burst into one call per frame. */

/** In a hidden tab no frames come; after this long the call is made all the same. */
const hidden_ms = 250;

/**
 * Make a function whose many calls within a frame become one call of `action` before the next paint.
 *
 * Returns: the function, and `cancel`, after which a pending call is not made.
 */
export function oncePerFrame(action: () => void): { request: () => void; cancel: () => void } {
  let frame: number | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const cancel = () => {
    if (frame !== null) cancelAnimationFrame(frame);
    if (timer !== null) clearTimeout(timer);
    frame = null;
    timer = null;
  };
  const run = () => {
    cancel();
    action();
  };
  const request = () => {
    if (frame !== null) return;
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, hidden_ms);
  };
  return { request, cancel };
}
