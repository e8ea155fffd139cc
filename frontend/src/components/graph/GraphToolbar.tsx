import { ActionIcon, CloseButton, Text, TextInput, Tooltip } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconArrowsShuffle,
  IconHelp,
  IconInfinity,
  IconListDetails,
  IconMinus,
  IconPlus,
  IconSearch,
} from "@tabler/icons-react";
import type { KeyboardEvent, ReactNode } from "react";
import { select } from "../../store/view";
import { usePicture, useSessionParts, useView } from "../session/context";
import classes from "./graph.module.css";
import { useLight } from "./light";
import type { Fit } from "./useFit";

/** Search above, tools below: they float over the plane. */
export function GraphToolbar({ fit }: { readonly fit: Fit }) {
  const { live, view } = useSessionParts();
  const loopbacks = useView((state) => state.loopbacks);
  const isLegendOpen = useView((state) => state.isLegendOpen);
  return (
    <>
      <Search fit={fit} />
      <div className={classes.tools} role="toolbar" aria-label="Graph">
        <Tool label="Zoom in (+)" onClick={() => fit.zoom(1.25)}>
          <IconPlus size={16} />
        </Tool>
        <Tool label="Zoom out (−)" onClick={() => fit.zoom(0.8)}>
          <IconMinus size={16} />
        </Tool>
        <Tool label="Fit everything (f)" onClick={fit.all}>
          <IconArrowsMaximize size={16} />
        </Tool>
        <Tool
          label="Tidy: arrange anew (t)"
          onClick={() => {
            live.tidy();
            fit.all();
          }}
        >
          <IconArrowsShuffle size={16} />
        </Tool>
        <Tool
          label={loopbacks ? "Hide loopbacks" : "Show loopbacks"}
          isOn={loopbacks}
          onClick={() => {
            view.setState({ loopbacks: !loopbacks });
            live.showLoopbacks(!loopbacks);
          }}
        >
          <IconInfinity size={16} />
        </Tool>
        <Tool
          label="Legend"
          isOn={isLegendOpen}
          onClick={() => view.setState({ isLegendOpen: !isLegendOpen })}
        >
          <IconListDetails size={16} />
        </Tool>
        <Tool label="Help (?)" onClick={() => view.setState({ isHelpOpen: true })}>
          <IconHelp size={16} />
        </Tool>
      </div>
    </>
  );
}

interface ToolProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly isOn?: boolean;
  readonly children: ReactNode;
}

function Tool({ label, onClick, isOn, children }: ToolProps) {
  return (
    <Tooltip label={label} position="top" openDelay={300}>
      <ActionIcon
        variant={isOn ? "light" : "subtle"}
        color={isOn ? "reef" : "gray"}
        size={30}
        aria-label={label}
        aria-pressed={isOn}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function Search({ fit }: { readonly fit: Fit }) {
  const { live, view } = useSessionParts();
  const search = useView((state) => state.search);
  const light = useLight();
  const items = usePicture((picture) => picture.scene.items);
  const drawn =
    search === "" || !light ? [] : [...items.keys()].filter((id) => light.has(id) && !id.startsWith("ns:"));
  const next = () => {
    const { selected } = view.getState();
    const goal = drawn[(drawn.indexOf(selected ?? "") + 1) % Math.max(drawn.length, 1)];
    if (goal === undefined) return;
    select(view, goal);
    const rect = live.store.getState().picture.scene.items.get(goal);
    if (rect) fit.show(rect);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") next();
    if (event.key === "Escape") {
      view.setState({ search: "" });
      event.currentTarget.blur();
    }
  };
  return (
    <div className={classes.search}>
      <TextInput
        size="xs"
        type="text"
        role="searchbox"
        aria-label="Find in the graph"
        placeholder="Find name, address, MAC, network  ( / )"
        data-search
        leftSection={<IconSearch size={14} aria-hidden />}
        value={search}
        onChange={(event) => view.setState({ search: event.currentTarget.value })}
        onKeyDown={onKeyDown}
        rightSection={
          search && (
            <CloseButton
              size="xs"
              aria-label="Clear the search"
              onClick={() => view.setState({ search: "" })}
            />
          )
        }
      />
      {search && (
        <Text size="xs" className={classes.found ?? ""} role="status">
          {drawn.length === 0 ? "nothing found" : `${drawn.length} found`}
        </Text>
      )}
    </div>
  );
}
