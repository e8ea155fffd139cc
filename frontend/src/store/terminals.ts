/** The terminals in the dock: which are open, which is in front. The shells themselves live on the lab machine. */

import { createStore, type StoreApi } from "zustand/vanilla";
import { closeTerminal, fetchTerminals, openTerminal } from "../api/client";
import type { TerminalTicket } from "../api/types";

export interface TerminalTab {
  readonly id: string;
  /** "alpha" or "alpha/web". */
  readonly target: string;
}

export interface TerminalsState {
  readonly tabs: readonly TerminalTab[];
  readonly active: string | null;
  /** Target being opened. */
  readonly opening: string | null;
  /** What is still to be typed, by terminal, once its shell is there. */
  readonly untyped: ReadonlyMap<string, string>;
}

/** Size asked for before the terminal's own place is known; it is resized at once. */
const firstSize = { columns: 100, rows: 24 };

export class Terminals {
  readonly store: StoreApi<TerminalsState>;
  private readonly session: string;
  /** Where this browser tab keeps which terminal was in front, over a reload. */
  private readonly memory: string;
  /** Tickets that came with opening shells, until one is used: each opens its terminal once. */
  private readonly tickets = new Map<string, TerminalTicket>();

  constructor(session: string) {
    this.session = session;
    this.memory = `netquarium.terminal.${session}`;
    this.store = createStore<TerminalsState>(() => ({
      tabs: [],
      active: null,
      opening: null,
      untyped: new Map(),
    }));
    this.store.subscribe(({ active }) => {
      if (active !== null) sessionStorage.setItem(this.memory, active);
    });
  }

  /** Take up the shells that are still open. Rejects with a Problem. Returns how many there are. */
  async restore(): Promise<number> {
    const open = await fetchTerminals(this.session);
    this.store.setState((state) => {
      const known = new Set(state.tabs.map((tab) => tab.id));
      const found = open.filter(({ id }) => !known.has(id)).map(({ id, target }) => ({ id, target }));
      const tabs = [...state.tabs, ...found];
      const last = tabs.find(({ id }) => id === sessionStorage.getItem(this.memory));
      return { tabs, active: state.active ?? last?.id ?? tabs[0]?.id ?? null };
    });
    return open.length;
  }

  /** Open a shell and bring it to the front. Rejects with a Problem. */
  async open(target: string): Promise<void> {
    this.store.setState({ opening: target });
    try {
      const first = await openTerminal(this.session, target, firstSize.columns, firstSize.rows);
      this.tickets.set(first.id, first);
      this.store.setState((state) => ({
        tabs: [...state.tabs, { id: first.id, target: first.target }],
        active: first.id,
      }));
    } finally {
      this.store.setState({ opening: null });
    }
  }

  /** Type a command, with Enter, in a terminal on the target: the one in front if it is there. Rejects with a Problem. */
  async run(target: string, command: string): Promise<void> {
    const { tabs, active } = this.store.getState();
    const there = tabs.filter((tab) => tab.target === target);
    const known = there.find(({ id }) => id === active) ?? there[0];
    if (known) this.activate(known.id);
    else await this.open(target);
    this.store.setState(({ active: id, untyped }) =>
      id === null ? {} : { untyped: new Map(untyped).set(id, `${untyped.get(id) ?? ""}${command}\r`) },
    );
  }

  /** Take the ticket that came with opening a shell; null if it was taken, or the shell found open after a reload. */
  takeTicket(id: string): TerminalTicket | null {
    const ticket = this.tickets.get(id) ?? null;
    this.tickets.delete(id);
    return ticket;
  }

  /** Take what is to be typed in a terminal. */
  takeUntyped(id: string): string {
    const text = this.store.getState().untyped.get(id) ?? "";
    if (text)
      this.store.setState(({ untyped }) => ({
        untyped: new Map([...untyped].filter(([other]) => other !== id)),
      }));
    return text;
  }

  activate(id: string): void {
    this.store.setState({ active: id });
  }

  /** End a shell and take its tab away; a shell already gone is no error. */
  async close(id: string): Promise<void> {
    this.store.setState((state) => {
      const place = state.tabs.findIndex((tab) => tab.id === id);
      const tabs = state.tabs.filter((tab) => tab.id !== id);
      const active = state.active === id ? (tabs[Math.max(0, place - 1)]?.id ?? null) : state.active;
      return { tabs, active };
    });
    await closeTerminal(this.session, id).catch(() => undefined);
  }

  /** Forget all tabs, as after a reset of the session: their shells are gone. */
  clear(): void {
    this.store.setState({ tabs: [], active: null, untyped: new Map() });
  }
}
