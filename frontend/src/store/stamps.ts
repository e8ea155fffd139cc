/**
 * When each message came and when it was on the screen, for measuring from outside: `window.__netquarium`.
 *
 * Times are milliseconds since the epoch; `at_ms` is the server's own stamp of the message.
 */

import { drawnInFrame } from "./frames";

export interface Stamp {
  readonly sequence: number;
  readonly type: string;
  readonly at_ms: number;
  readonly received_ms: number;
  drawn_ms: number | null;
}

export interface Stamps {
  /** Number of the last message on the screen. */
  drawn: number;
  /** The latest messages, oldest first. */
  readonly messages: Stamp[];
}

declare global {
  interface Window {
    __netquarium?: Stamps;
  }
}

const kept = 2000;
let marked = 0;

function stamps(): Stamps {
  window.__netquarium ??= { drawn: 0, messages: [] };
  return window.__netquarium;
}

export function now_ms(): number {
  return performance.timeOrigin + performance.now();
}

export function stampReceived(sequence: number, type: string, at_s: number): void {
  const { messages } = stamps();
  messages.push({ sequence, type, at_ms: at_s * 1000, received_ms: now_ms(), drawn_ms: null });
  if (messages.length > kept) messages.splice(0, messages.length - kept);
  performance.mark(`netquarium:received:${sequence}`);
}

/** Call when everything up to `sequence` is committed to the page; stamps after the frame with it was painted. */
export function stampDrawn(sequence: number): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    const known = stamps();
    const drawn_ms = now_ms();
    known.drawn = Math.max(known.drawn, sequence);
    for (let place = known.messages.length - 1; place >= 0; place -= 1) {
      const stamp = known.messages[place];
      if (!stamp || stamp.drawn_ms !== null) break;
      if (stamp.sequence <= sequence) stamp.drawn_ms = drawn_ms;
    }
    performance.mark(`netquarium:drawn:${sequence}`);
    marked += 1;
    if (marked % kept === 0) performance.clearMarks();
  };
  const afterPaint = () => port2.postMessage(null);
  if (drawnInFrame()) afterPaint();
  else requestAnimationFrame(afterPaint);
}
