import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconLayoutSidebarRightCollapse,
  IconLayoutSidebarRightExpand,
} from "@tabler/icons-react";
import type { Session } from "../../api/types";
import type { SessionState } from "../../model/wire";
import { TerminalDock } from "../terminals";
import { useSessionParts, useView } from "./context";
import { LessonPanel } from "./LessonPanel";
import { ResizeHandle } from "./ResizeHandle";
import { SidePanel } from "./SidePanel";
import { Stage } from "./Stage";
import classes from "./session.module.css";

interface WorkspaceProps {
  readonly session: Session;
  readonly state: SessionState;
}

/** Lesson, graph over terminals, details: side by side. Graph and terminals stay mounted whatever is folded. */
export function WideWorkspace({ session, state }: WorkspaceProps) {
  const isLessonOpen = useView((view) => view.isLessonOpen);
  const isSideOpen = useView((view) => view.isSideOpen);
  const isDockOpen = useView((view) => view.isDockOpen);
  const sizes = useView((view) => view.sizes);
  return (
    <div className={classes.workspace}>
      {isLessonOpen && (
        <>
          <section className={classes.panel} style={{ width: sizes.lesson }} aria-label="Lesson">
            <div className={classes.panelBody}>
              <LessonPanel slug={session.lab} />
            </div>
          </section>
          <ResizeHandle panel="lesson" label="Width of the lesson" grows="right" least={220} most={640} />
        </>
      )}
      <div className={classes.middle} key="middle">
        <Stage session={session} state={state} />
        <PanelSwitches />
        {isDockOpen && (
          <ResizeHandle panel="dock" label="Height of the terminals" grows="up" least={120} most={640} />
        )}
        <div className={classes.dock} style={{ height: isDockOpen ? sizes.dock : 32 }} key="dock">
          <TerminalDock isFoldable isRunning={state === "running"} />
        </div>
      </div>
      {isSideOpen && (
        <>
          <ResizeHandle panel="side" label="Width of the details" grows="left" least={260} most={680} />
          <div className={classes.panel} style={{ width: sizes.side }}>
            <SidePanel />
          </div>
        </>
      )}
    </div>
  );
}

/** Put the lesson and the details away, or back. */
function PanelSwitches() {
  const { view } = useSessionParts();
  const isLessonOpen = useView((state) => state.isLessonOpen);
  const isSideOpen = useView((state) => state.isSideOpen);
  const lesson = isLessonOpen ? "Hide the lesson" : "Show the lesson";
  const side = isSideOpen ? "Hide the details" : "Show the details";
  return (
    <div className={classes.switches}>
      <Tooltip label={lesson}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={lesson}
          aria-pressed={isLessonOpen}
          onClick={() => view.setState({ isLessonOpen: !isLessonOpen })}
        >
          {isLessonOpen ? (
            <IconLayoutSidebarLeftCollapse size={17} />
          ) : (
            <IconLayoutSidebarLeftExpand size={17} />
          )}
        </ActionIcon>
      </Tooltip>
      <Tooltip label={side}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={side}
          aria-pressed={isSideOpen}
          onClick={() => view.setState({ isSideOpen: !isSideOpen })}
        >
          {isSideOpen ? (
            <IconLayoutSidebarRightCollapse size={17} />
          ) : (
            <IconLayoutSidebarRightExpand size={17} />
          )}
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
