/** A WebSocket that comes back: its state is explicit, and each attempt and its delay can be shown. */

import { reconnectDelay_ms } from "../model/backoff";

export type SocketStatus =
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "open" }
  /** Lost; the next attempt begins at `until` (milliseconds since the epoch). */
  | { readonly kind: "waiting"; readonly attempt: number; readonly delay_ms: number; readonly until: number }
  /** Closed for good, by the page (no reason) or by the server, which said why. */
  | { readonly kind: "closed"; readonly reason: string | null };

export interface SocketHandlers {
  /** Where to connect now; asked before every attempt, may take a while, may reject. */
  readonly url: () => string | Promise<string>;
  readonly onMessage: (data: string | ArrayBuffer) => void;
  readonly onStatus: (status: SocketStatus) => void;
  /** Whether an error thrown by `url` is final: the thing is gone, not the connection. Its text is the reason. */
  readonly finalReason?: (error: unknown) => string | null;
}

/** Close codes at and above this are the server's refusals: connecting again cannot help. */
const refusalCode = 4400;
/** A connection that lasted this long counts as good: the next attempt starts with the shortest delay again. */
const good_ms = 5_000;

export class PersistentSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private attempt = 0;
  private openedAt = 0;
  private isClosed = false;
  private readonly handlers: SocketHandlers;

  constructor(handlers: SocketHandlers) {
    this.handlers = handlers;
    void this.connect();
  }

  /** Send if connected; false when the frame was dropped. */
  send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(data);
    return true;
  }

  /** Drop the connection and make a new one at once, as after a gap. */
  restart(): void {
    if (this.isClosed) return;
    this.detach();
    this.attempt = 0;
    void this.connect();
  }

  close(reason: string | null = null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.detach();
    this.handlers.onStatus({ kind: "closed", reason });
  }

  private async connect(): Promise<void> {
    this.attempt += 1;
    const { attempt } = this;
    this.handlers.onStatus({ kind: "connecting", attempt });
    let url: string;
    try {
      url = await this.handlers.url();
    } catch (error) {
      const reason = this.handlers.finalReason?.(error) ?? null;
      if (reason !== null) this.close(reason);
      else if (!this.isClosed) this.wait();
      return;
    }
    if (this.isClosed || this.attempt !== attempt) return;
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.openedAt = Date.now();
      this.handlers.onStatus({ kind: "open" });
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.handlers.onMessage(event.data);
    socket.onclose = (event) => this.lost(event);
  }

  private lost(event: CloseEvent): void {
    if (this.isClosed) return;
    this.socket = null;
    if (event.code >= refusalCode) {
      this.close(event.reason || `The server closed the connection (${event.code}).`);
      return;
    }
    if (this.openedAt > 0 && Date.now() - this.openedAt > good_ms) this.attempt = 0;
    this.openedAt = 0;
    this.wait();
  }

  private wait(): void {
    const attempt = Math.max(this.attempt, 1);
    const delay_ms = reconnectDelay_ms(attempt);
    this.handlers.onStatus({ kind: "waiting", attempt, delay_ms, until: Date.now() + delay_ms });
    this.timer = setTimeout(() => void this.connect(), delay_ms);
  }

  private detach(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { socket } = this;
    this.socket = null;
    if (!socket) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}

/** The absolute WebSocket address of a path on the page's own server. */
export function socketUrl(path: string): string {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
