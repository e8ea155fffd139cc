/** Terminals: a dock with tabs, each a shell on a lab host or in a container, alive again after a reload. */

export { TerminalDock } from "./TerminalDock";
export { useTerminals } from "./useTerminals";
