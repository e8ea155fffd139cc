/**
 * The session page over a hand-made world, for working on the drawing: `npm run dev`, then /stories.html?world=overlay.
 *
 * Only the development server serves it; the built page knows nothing of it.
 */

import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@xyflow/react/dist/base.css";
import "@xterm/xterm/css/xterm.css";
import "../theme.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { MemoryRouter } from "react-router";
import type { Me, Session } from "../api/types";
import { PageHeader } from "../components/chrome";
import {
  HelpDialog,
  NarrowWorkspace,
  SessionHeader,
  SessionProvider,
  WideWorkspace,
} from "../components/session";
import classes from "../components/session/session.module.css";
import { Live } from "../store/live";
import { queries } from "../store/queries";
import { Terminals } from "../store/terminals";
import { createView } from "../store/view";
import { theme } from "../theme";
import { crowd, overlayAndMacvlan, twoBridges } from "./worlds";

const worlds = {
  bridges: twoBridges,
  overlay: overlayAndMacvlan,
  crowd: () => crowd(24),
  many: () => crowd(200),
};
const asked = new URLSearchParams(window.location.search).get("world") ?? "bridges";
const world = (worlds[asked as keyof typeof worlds] ?? twoBridges)();

const session: Session = {
  id: "abcdef012345",
  lab: "two-bridges-isolated",
  title: "Two bridges, isolated",
  owner: "learner",
  state: "running",
  progress: { stage: "ready", done: 1, total: 1, text: "" },
  reason: null,
  failed_object: null,
  hosts: [{ name: "alpha", address: "10.77.0.11" }],
  created_at: new Date().toISOString(),
  expires_at: new Date(Date.now() + 47 * 60_000).toISOString(),
  started_at: new Date().toISOString(),
  stopped_at: null,
};

const known = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
});
const me: Me = { username: "learner", is_staff: false, scopes: null };
known.setQueryData(queries.me().queryKey, me);
known.setQueryData(queries.lab(session.lab).queryKey, {
  slug: session.lab,
  title: session.title,
  summary: "",
  level: "beginner",
  minutes: 60,
  hosts: ["alpha"],
  features: [],
  containers: [],
  networks: [],
  files: [{ name: "compose.yaml", text: "services:\n  web:\n    image: netquarium/web:1\n" }],
  lesson:
    "# Two bridges\n\nA *bridge* is a switch in the kernel.\n\n1. Look at `docker0`.\n2. Probe **web** from `db`.\n",
});
known.setQueryData(queries.probes(session.id).queryKey, []);

const parts = { id: session.id, live: new Live(), view: createView(), terminals: new Terminals(session.id) };
parts.live.receive(JSON.stringify(world.snapshot()));
Object.assign(window, { parts, world });

const root = document.getElementById("root");
if (!root) throw new Error("stories.html holds no #root");
createRoot(root).render(
  <QueryClientProvider client={known}>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <MemoryRouter>
        <SessionProvider parts={parts}>
          <div className={classes.page}>
            <PageHeader>
              <SessionHeader session={session} state="running" />
            </PageHeader>
            {window.innerWidth < 900 ? (
              <NarrowWorkspace session={session} state="running" />
            ) : (
              <WideWorkspace session={session} state="running" />
            )}
            <HelpDialog />
          </div>
        </SessionProvider>
      </MemoryRouter>
    </MantineProvider>
  </QueryClientProvider>,
);
