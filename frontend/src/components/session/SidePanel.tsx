import { UnstyledButton } from "@mantine/core";
import type { SidePanel as SidePanelName } from "../../store/view";
import { EventLog } from "../events";
import { FactsPanel } from "../facts";
import { ProbePanel } from "../probe";
import { usePicture, useSessionParts, useView } from "./context";
import classes from "./session.module.css";

const panels: readonly { readonly name: SidePanelName; readonly label: string }[] = [
  { name: "facts", label: "Facts" },
  { name: "probe", label: "Probe" },
  { name: "events", label: "Events" },
];

/** Facts, probes and events, one at a time, at the right of the graph. */
export function SidePanel() {
  const { view } = useSessionParts();
  const shown = useView((state) => state.sidePanel);
  const count = usePicture(({ feed }) => feed.events.length);
  return (
    <div className={classes.side}>
      <div className={classes.sideTabs} role="tablist" aria-label="Details">
        {panels.map(({ name, label }) => (
          <UnstyledButton
            key={name}
            role="tab"
            aria-selected={shown === name}
            className={classes.sideTab ?? ""}
            onClick={() => view.setState({ sidePanel: name })}
          >
            {label}
            {name === "events" && count > 0 && (
              <span className={classes.tally} aria-hidden>
                {count}
              </span>
            )}
          </UnstyledButton>
        ))}
      </div>
      <div className={classes.sideBody} role="tabpanel" aria-label={shown}>
        {shown === "facts" && <FactsPanel />}
        {shown === "probe" && <ProbePanel />}
        {shown === "events" && <EventLog />}
      </div>
    </div>
  );
}
