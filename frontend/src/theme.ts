/** Mantine's theme: dense, calm, system fonts (nothing is fetched from elsewhere). */

import { createTheme, type MantineColorsTuple } from "@mantine/core";

const slate: MantineColorsTuple = [
  "#d5dbe3",
  "#b4bdc9",
  "#8a96a6",
  "#657183",
  "#475263",
  "#2f3947",
  "#222a35",
  "#181e27",
  "#11161d",
  "#0b0f14",
];

const reef: MantineColorsTuple = [
  "#e1f7fb",
  "#c5eaf2",
  "#93d6e4",
  "#5cc0d5",
  "#31aec9",
  "#159fbc",
  "#0b87a3",
  "#086e86",
  "#07586b",
  "#04414f",
];

export const theme = createTheme({
  primaryColor: "reef",
  primaryShade: { light: 7, dark: 5 },
  autoContrast: true,
  colors: { dark: slate, reef },
  defaultRadius: "sm",
  cursorType: "pointer",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "0.72rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.15rem" },
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.35rem" }, h2: { fontSize: "1.05rem" }, h3: { fontSize: "0.9rem" } },
  },
  respectReducedMotion: true,
});
