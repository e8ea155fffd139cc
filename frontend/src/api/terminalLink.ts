/** The bytes of one terminal, to and from its socket; attaches again by itself, with a new ticket each time. */

import { terminalTicket } from "./client";
import { Problem, reasonOf } from "./problem";
import { PersistentSocket, type SocketStatus, socketUrl } from "./socket";
import type { TerminalTicket } from "./types";

export interface TerminalHandlers {
  /** Output. Call `done` when it has been shown: output waits while too much is not. */
  readonly onOutput: (bytes: Uint8Array, done: () => void) => void;
  /** A new attachment begins: what the terminal printed lately is sent again. */
  readonly onAttach: () => void;
  readonly onStatus: (status: SocketStatus) => void;
  /** The shell has ended; `code` is null when it is not known. */
  readonly onExit: (code: number | null, reason: string | null) => void;
}

/** Bytes not yet shown at which the server is asked to pause, and to go on. */
const pauseAt = 512 * 1024;
const resumeAt = 64 * 1024;

const encoder = new TextEncoder();

export class TerminalLink {
  private readonly socket: PersistentSocket;
  private readonly handlers: TerminalHandlers;
  private size: { readonly columns: number; readonly rows: number } | null = null;
  private unshown = 0;
  private isPaused = false;

  /** `first` is the ticket that opening the terminal gave, null to attach to one that was open before. */
  constructor(session: string, id: string, first: TerminalTicket | null, handlers: TerminalHandlers) {
    this.handlers = handlers;
    let ticket = first;
    this.socket = new PersistentSocket({
      url: async () => {
        const { url } = ticket ?? (await terminalTicket(session, id));
        ticket = null;
        return socketUrl(url);
      },
      finalReason: (error) => (error instanceof Problem && !error.isPassing ? reasonOf(error) : null),
      onMessage: (data) => this.receive(data),
      onStatus: (status) => this.follow(status),
    });
  }

  /** Send keys as typed or pasted; lost when not connected, as with any terminal whose line is down. */
  type(text: string): void {
    this.socket.send(encoder.encode(text));
  }

  resize(columns: number, rows: number): void {
    this.size = { columns, rows };
    this.socket.send(JSON.stringify({ type: "resize", columns, rows }));
  }

  close(): void {
    this.socket.close();
  }

  private follow(status: SocketStatus): void {
    if (status.kind === "open") {
      this.unshown = 0;
      this.isPaused = false;
      this.handlers.onAttach();
      if (this.size) this.resize(this.size.columns, this.size.rows);
    }
    this.handlers.onStatus(status);
    if (status.kind === "closed" && status.reason !== null) this.handlers.onExit(null, status.reason);
  }

  private receive(data: string | ArrayBuffer): void {
    if (typeof data === "string") {
      this.obey(data);
      return;
    }
    const bytes = new Uint8Array(data);
    this.unshown += bytes.length;
    if (!this.isPaused && this.unshown > pauseAt) this.isPaused = this.socket.send('{"type":"pause"}');
    this.handlers.onOutput(bytes, () => {
      this.unshown -= bytes.length;
      if (!this.isPaused || this.unshown > resumeAt) return;
      this.isPaused = false;
      this.socket.send('{"type":"resume"}');
    });
  }

  private obey(text: string): void {
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null || !("type" in message)) return;
    if (message.type === "exit") {
      this.socket.close();
      this.handlers.onExit("code" in message && typeof message.code === "number" ? message.code : null, null);
    }
    // An "error" is followed by the close of the socket, whose code says whether to come again.
  }
}
