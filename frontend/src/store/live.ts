/** One running session as the page follows it: socket, feed, picture. Framework-free; pages subscribe to its store. */

import { createStore, type StoreApi } from "zustand/vanilla";
import { fetchMessages } from "../api/client";
import { PersistentSocket, type SocketStatus, socketUrl } from "../api/socket";
import type { Point } from "../graph/geometry";
import { type Layout, openLayout } from "../graph/layout";
import type { Placement } from "../graph/placement";
import { emptyFeed, type Feed, remember, take } from "../model/feed";
import { type NamespaceId, parseMessage } from "../model/wire";
import { oncePerFrame } from "./frames";
import { arranged, between, dragged, draw, emptyPicture, type Picture, placed } from "./picture";
import { stampReceived } from "./stamps";

export interface LiveState {
  readonly socket: SocketStatus;
  readonly picture: Picture;
}

/** The first picture waits this long for the layout; then it is placed without. */
const firstLayout_ms = 700;
/** While a lab launches, the layout follows after the graph has been quiet for so long. */
const quiet_ms = 300;
/** The engine's last news come a little after the launch has ended. */
const settling_s = 8;
const move_ms = 260;
/** How many messages back the event log goes when the page opens. */
const recalled = 400;

export class Live {
  readonly store: StoreApi<LiveState>;
  private feed: Feed = emptyFeed;
  private readonly frames = oncePerFrame(() => this.publish());
  private readonly layout: Layout = openLayout();
  private socket: PersistentSocket | null = null;
  private isWithoutResume = false;
  private isWaitingForLayout = false;
  private isMovedByHand = false;
  private tidyTimer: ReturnType<typeof setTimeout> | null = null;
  private motion: number | null = null;
  private isClosed = false;

  constructor() {
    this.store = createStore<LiveState>(() => ({
      socket: { kind: "connecting", attempt: 1 },
      picture: emptyPicture,
    }));
  }

  /** Follow a session until `close`. */
  follow(session: string): void {
    this.socket = new PersistentSocket({
      url: () => {
        const after = this.feed.hasSnapshot && !this.isWithoutResume ? `?after=${this.feed.sequence}` : "";
        this.isWithoutResume = false;
        return socketUrl(`/ws/sessions/${encodeURIComponent(session)}/${after}`);
      },
      onMessage: (data) => {
        if (typeof data === "string") this.receive(data);
      },
      onStatus: (socket) => this.store.setState({ socket }),
    });
  }

  /** Take one text frame, as from the socket. */
  receive(text: string): void {
    const message = parseMessage(text);
    if (!message) return;
    const outcome = take(this.feed, message);
    if (outcome.kind === "stale") return;
    if (outcome.kind === "gap") {
      this.isWithoutResume = true;
      this.socket?.restart();
      return;
    }
    stampReceived(message.sequence, message.type, message.at);
    if (message.type === "snapshot" && !this.feed.hasSnapshot)
      void this.recall(message.session, message.sequence);
    this.feed = outcome.feed;
    this.frames.request();
  }

  /** Ask for the events that led to the first snapshot. Without an answer the log begins with the page. */
  private async recall(session: string, sequence: number): Promise<void> {
    const after = Math.max(0, sequence - recalled);
    const messages = await fetchMessages(session, after, recalled).catch(() => []);
    if (this.isClosed) return;
    this.feed = remember(this.feed, messages);
    this.frames.request();
  }

  /** Arrange the whole graph anew, moving smoothly. */
  tidy(): void {
    this.isMovedByHand = false;
    void this.arrange();
  }

  drag(ids: Iterable<NamespaceId>, by: Point): void {
    if (by.x === 0 && by.y === 0) return;
    this.isMovedByHand = true;
    this.stopMotion();
    this.setPicture(dragged(this.picture, ids, by));
  }

  showLoopbacks(loopbacks: boolean): void {
    if (loopbacks === this.picture.options.loopbacks) return;
    this.setPicture(draw(this.picture, this.feed, this.picture.isPlaced, { loopbacks }));
  }

  close(): void {
    this.isClosed = true;
    this.frames.cancel();
    this.stopMotion();
    if (this.tidyTimer !== null) clearTimeout(this.tidyTimer);
    this.socket?.close();
    this.layout.close();
  }

  private get picture(): Picture {
    return this.store.getState().picture;
  }

  private setPicture(picture: Picture): void {
    if (picture !== this.picture) this.store.setState({ picture });
  }

  private publish(): void {
    const before = this.picture;
    this.setPicture(draw(before, this.feed, before.isPlaced));
    if (!before.isPlaced) this.placeFirst();
    else if (before.structure !== this.picture.structure && this.isLaunching()) this.tidySoon();
  }

  /** While the lab comes up, nobody knows the picture yet: it may be arranged anew. */
  private isLaunching(): boolean {
    const { state } = this.feed;
    if (this.isMovedByHand || state === null) return false;
    return (
      state.state === "launching" || (state.state === "running" && Date.now() / 1000 - state.at < settling_s)
    );
  }

  private placeFirst(): void {
    if (this.isWaitingForLayout || this.picture.structure.hosts.length === 0) return;
    this.isWaitingForLayout = true;
    const placeAnyway = setTimeout(() => {
      if (!this.picture.isPlaced) this.setPicture(draw(this.picture, this.feed, true));
    }, firstLayout_ms);
    void this.arrange().finally(() => clearTimeout(placeAnyway));
  }

  private tidySoon(): void {
    if (this.tidyTimer !== null) clearTimeout(this.tidyTimer);
    this.tidyTimer = setTimeout(() => void this.arrange(), quiet_ms);
  }

  private async arrange(): Promise<void> {
    const { structure, shapes } = this.picture;
    const placement = await this.layout.arrange(structure, shapes);
    if (this.isClosed || this.isMovedByHand) return;
    const before = this.picture;
    const goal = arranged(before, placement);
    if (before.isPlaced && !prefersStillness()) this.moveTo(before.placement, goal.placement);
    else this.setPicture(goal);
  }

  private moveTo(from: Placement, to: Placement): void {
    this.stopMotion();
    const start = performance.now();
    const step = (now: number) => {
      const part = Math.min(Math.max((now - start) / move_ms, 0), 1);
      if (part < 1) {
        this.setPicture(placed(this.picture, between(from, to, part)));
        this.motion = requestAnimationFrame(step);
      } else {
        this.motion = null;
        this.setPicture(arranged(this.picture, to));
      }
    };
    this.motion = requestAnimationFrame(step);
  }

  private stopMotion(): void {
    if (this.motion !== null) cancelAnimationFrame(this.motion);
    this.motion = null;
  }
}

function prefersStillness(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
