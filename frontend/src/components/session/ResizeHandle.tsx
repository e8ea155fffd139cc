import type { KeyboardEvent, PointerEvent } from "react";
import type { PanelSizes } from "../../store/view";
import { useSessionParts, useView } from "./context";
import classes from "./session.module.css";

interface ResizeHandleProps {
  readonly panel: keyof PanelSizes;
  readonly label: string;
  /** Which way the panel grows: towards larger or smaller coordinates. */
  readonly grows: "right" | "left" | "up";
  readonly least: number;
  readonly most: number;
}

/** The border of a panel, to drag or to move with the arrow keys. Sizes are pixels. */
export function ResizeHandle({ panel, label, grows, least, most }: ResizeHandleProps) {
  const { view } = useSessionParts();
  const size = useView((state) => state.sizes[panel]);
  const set = (wanted: number) => {
    const next = Math.round(Math.min(Math.max(wanted, least), most));
    view.setState((state) => ({ sizes: { ...state.sizes, [panel]: next } }));
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget;
    const start = { x: event.clientX, y: event.clientY };
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => {
      const by = {
        right: moved.clientX - start.x,
        left: start.x - moved.clientX,
        up: start.y - moved.clientY,
      }[grows];
      set(size + by);
    };
    const end = () => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 60 : 15;
    const larger = { right: "ArrowRight", left: "ArrowLeft", up: "ArrowUp" }[grows];
    const smaller = { right: "ArrowLeft", left: "ArrowRight", up: "ArrowDown" }[grows];
    if (event.key === larger) set(size + step);
    else if (event.key === smaller) set(size - step);
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a window splitter (WAI-ARIA) is a separator with a value; <hr> has none.
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={grows === "up" ? "horizontal" : "vertical"}
      aria-valuenow={size}
      aria-valuemin={least}
      aria-valuemax={most}
      className={classes.handle}
      data-grows={grows}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
