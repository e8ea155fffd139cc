import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@xyflow/react/dist/base.css";
import "@xterm/xterm/css/xterm.css";
import "./theme.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";

const root = document.getElementById("root");
if (!root) throw new Error("index.html holds no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
