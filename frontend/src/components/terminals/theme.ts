import type { ITheme } from "@xterm/xterm";

/** Dark in both colour schemes: command output is coloured for dark screens. */
export const terminalTheme: ITheme = {
  background: "#0b0f14",
  foreground: "#d7dee6",
  cursor: "#4cc3de",
  selectionBackground: "#2c4a5a",
  black: "#1a212b",
  red: "#ff7b72",
  green: "#4cc38a",
  yellow: "#f0c674",
  blue: "#6cb6ff",
  magenta: "#c9a0ff",
  cyan: "#4cc3de",
  white: "#d7dee6",
  brightBlack: "#6b7887",
  brightRed: "#ffa198",
  brightGreen: "#7ee2a8",
  brightYellow: "#ffd88a",
  brightBlue: "#96ccff",
  brightMagenta: "#dcc2ff",
  brightCyan: "#8fe0f0",
  brightWhite: "#ffffff",
};
