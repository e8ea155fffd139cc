import { Button, Text } from "@mantine/core";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { SocketStatus } from "../../api/socket";
import { TerminalLink } from "../../api/terminalLink";
import type { TerminalTab } from "../../store/terminals";
import { useSessionParts } from "../session/context";
import { Reconnecting } from "../session/Reconnecting";
import classes from "./terminals.module.css";
import { terminalTheme } from "./theme";

interface TerminalViewProps {
  readonly tab: TerminalTab;
  readonly isActive: boolean;
}

type End = { readonly code: number | null; readonly reason: string | null };

/** One shell. Stays mounted behind other tabs, so that nothing it prints is lost. */
export function TerminalView({ tab, isActive }: TerminalViewProps) {
  const { id: session, terminals } = useSessionParts();
  const place = useRef<HTMLDivElement>(null);
  const screen = useRef<{ terminal: Terminal; fit: () => void; type: (text: string) => void } | null>(null);
  const [status, setStatus] = useState<SocketStatus>({ kind: "connecting", attempt: 1 });
  const [end, setEnd] = useState<End | null>(null);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const terminal = new Terminal({
      cursorBlink: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
      fontSize: 12.5,
      scrollback: 5000,
      screenReaderMode: false,
      theme: terminalTheme,
    });
    const fitter = new FitAddon();
    terminal.loadAddon(fitter);
    terminal.open(element);
    terminal.textarea?.setAttribute("aria-label", `Terminal on ${tab.target}`);
    const link = new TerminalLink(session, tab.id, terminals.takeTicket(tab.id), {
      onOutput: (bytes, done) => terminal.write(bytes, done),
      onAttach: () => terminal.reset(),
      onStatus: setStatus,
      onExit: (code, reason) => setEnd({ code, reason }),
    });
    terminal.onData((text) => link.type(text));
    terminal.onResize(({ cols, rows }) => link.resize(cols, rows));
    terminal.attachCustomKeyEventHandler((event) => copyOrPass(event, terminal));
    const fit = () => {
      if (element.offsetParent !== null) fitter.fit();
    };
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    screen.current = { terminal, fit, type: (text) => link.type(text) };
    link.resize(terminal.cols, terminal.rows);
    return () => {
      observer.disconnect();
      link.close();
      terminal.dispose();
      screen.current = null;
    };
  }, [session, terminals, tab.id, tab.target]);

  const isWaited = useStore(terminals.store, ({ untyped }) => untyped.has(tab.id));
  useEffect(() => {
    if (!isWaited || status.kind !== "open") return;
    screen.current?.type(terminals.takeUntyped(tab.id));
    screen.current?.terminal.focus();
  }, [isWaited, status, terminals, tab.id]);

  useEffect(() => {
    if (!isActive) return;
    screen.current?.fit();
    screen.current?.terminal.focus();
  }, [isActive]);

  return (
    <div
      className={classes.view}
      hidden={!isActive}
      data-terminal={tab.target}
      data-status={end ? "ended" : status.kind}
    >
      <div ref={place} className={classes.screen} />
      {end === null && <Reconnecting status={status} what="terminal" className={classes.notice} />}
      {end !== null && (
        <div className={classes.notice} role="status">
          <Text size="sm">
            {end.reason ?? `The shell has ended${end.code === null ? "" : ` with code ${end.code}`}.`}
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => void terminals.close(tab.id)}>
            Close
          </Button>
        </div>
      )}
    </div>
  );
}

/** Ctrl-Shift-C copies the selection, as terminals do; the browser pastes with Ctrl-Shift-V by itself. */
function copyOrPass(event: KeyboardEvent, terminal: Terminal): boolean {
  const isCopy = event.type === "keydown" && event.ctrlKey && event.shiftKey && event.code === "KeyC";
  if (!isCopy || !terminal.hasSelection()) return true;
  event.preventDefault();
  void navigator.clipboard?.writeText(terminal.getSelection());
  return false;
}
