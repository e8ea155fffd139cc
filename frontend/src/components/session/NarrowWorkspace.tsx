import { Button, UnstyledButton } from "@mantine/core";
import {
  IconBook,
  IconHistory,
  IconInfoCircle,
  IconRadar2,
  IconTerminal2,
  IconTopologyStarRing3,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Session } from "../../api/types";
import type { SessionState } from "../../model/wire";
import type { NarrowPanel } from "../../store/view";
import { EventLog } from "../events";
import { FactsPanel } from "../facts";
import { ProbePanel } from "../probe";
import { TerminalDock } from "../terminals";
import { usePicture, useSessionParts, useView } from "./context";
import { LessonPanel } from "./LessonPanel";
import { Stage } from "./Stage";
import classes from "./session.module.css";

interface WorkspaceProps {
  readonly session: Session;
  readonly state: SessionState;
}

const panels = [
  { name: "graph", label: "Graph", icon: IconTopologyStarRing3 },
  { name: "lesson", label: "Lesson", icon: IconBook },
  { name: "facts", label: "Facts", icon: IconInfoCircle },
  { name: "probe", label: "Probe", icon: IconRadar2 },
  { name: "terminals", label: "Terminal", icon: IconTerminal2 },
  { name: "events", label: "Events", icon: IconHistory },
] as const satisfies readonly { name: NarrowPanel; label: string; icon: typeof IconBook }[];

/** One panel at a time, chosen at the bottom; for phones. Graph and terminals stay mounted behind the others. */
export function NarrowWorkspace({ session, state }: WorkspaceProps) {
  const { view } = useSessionParts();
  const shown = useView((one) => one.narrowPanel);
  return (
    <div className={classes.narrow}>
      <div className={classes.narrowBody}>
        <Kept isShown={shown === "graph"}>
          <Stage session={session} state={state} />
          <SelectionStrip />
        </Kept>
        <Kept isShown={shown === "terminals"}>
          <TerminalDock isFoldable={false} isRunning={state === "running"} />
        </Kept>
        {shown !== "graph" && shown !== "terminals" && (
          <section
            className={classes.panelBody}
            aria-label={panels.find(({ name }) => name === shown)?.label}
          >
            {shown === "lesson" && <LessonPanel slug={session.lab} />}
            {shown === "facts" && <FactsPanel />}
            {shown === "probe" && <ProbePanel />}
            {shown === "events" && <EventLog />}
          </section>
        )}
      </div>
      <nav className={classes.narrowTabs} aria-label="Panels">
        {panels.map(({ name, label, icon: Icon }) => (
          <UnstyledButton
            key={name}
            className={classes.narrowTab ?? ""}
            aria-current={shown === name ? "page" : undefined}
            onClick={() => view.setState({ narrowPanel: name })}
          >
            <Icon size={19} aria-hidden />
            {label}
          </UnstyledButton>
        ))}
      </nav>
    </div>
  );
}

function Kept({ isShown, children }: { readonly isShown: boolean; readonly children: ReactNode }) {
  return (
    <div className={classes.kept} hidden={!isShown}>
      {children}
    </div>
  );
}

/** What is selected, in one line over the graph's lower edge, with the way to its facts. */
function SelectionStrip() {
  const { view } = useSessionParts();
  const selected = useView((state) => state.selected);
  const name = usePicture(({ feed, structure }) => {
    if (selected === null) return null;
    const cable = structure.cables.find(({ id }) => id === selected);
    if (cable) return `${cable.a.name} – ${cable.b.name}`;
    return feed.topology.nodes.get(selected)?.name ?? null;
  });
  if (name === null) return null;
  return (
    <div className={classes.strip}>
      <span className={classes.stripName}>{name}</span>
      <Button size="compact-sm" variant="light" onClick={() => view.setState({ narrowPanel: "facts" })}>
        Facts
      </Button>
    </div>
  );
}
