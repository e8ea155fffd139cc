/** What the user looks at on the session page: selection, search, panels, probe ends. Not part of the session. */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { NetworkId } from "../model/wire";

export type SidePanel = "facts" | "probe" | "events";
export type NarrowPanel = "graph" | "lesson" | "facts" | "probe" | "events" | "terminals";

export interface ProbeEnds {
  /** A target as the API takes it: "alpha" or "alpha/web". */
  readonly from: string;
  readonly to: string;
}

/** Pixels. */
export interface PanelSizes {
  readonly lesson: number;
  readonly side: number;
  readonly dock: number;
}

export interface ViewState {
  /** Id of the selected node or cable. */
  readonly selected: string | null;
  readonly search: string;
  /** The network whose members are lit up while the pointer or focus is on its name. */
  readonly litNetwork: NetworkId | null;
  readonly loopbacks: boolean;
  readonly sidePanel: SidePanel;
  readonly isSideOpen: boolean;
  readonly isLessonOpen: boolean;
  readonly isDockOpen: boolean;
  readonly narrowPanel: NarrowPanel;
  readonly isHelpOpen: boolean;
  readonly isLegendOpen: boolean;
  readonly probe: ProbeEnds;
  /** Ids lit up as the ends of the probe being looked at. */
  readonly litEnds: readonly string[];
  readonly sizes: PanelSizes;
}

const firstView: ViewState = {
  selected: null,
  search: "",
  litNetwork: null,
  loopbacks: false,
  sidePanel: "facts",
  isSideOpen: true,
  isLessonOpen: true,
  isDockOpen: false,
  narrowPanel: "graph",
  isHelpOpen: false,
  isLegendOpen: false,
  probe: { from: "", to: "" },
  litEnds: [],
  sizes: { lesson: 310, side: 340, dock: 280 },
};

export type View = StoreApi<ViewState>;

export function createView(): View {
  return createStore<ViewState>(() => firstView);
}

/** Select a thing, or nothing. On a narrow page the graph stays in front: its facts come up as a sheet. */
export function select(view: View, id: string | null): void {
  view.setState((state) => ({
    selected: id,
    litEnds: [],
    sidePanel: id !== null && state.sidePanel === "events" ? "facts" : state.sidePanel,
  }));
}
