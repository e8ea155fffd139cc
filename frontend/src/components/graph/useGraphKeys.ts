import { type KeyboardEvent, useCallback } from "react";
import { type Direction, nearest } from "../../graph/navigate";
import { select } from "../../store/view";
import { useSessionParts } from "../session/context";
import type { Fit } from "./useFit";

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** Keys while the graph has the focus: arrows move the selection, Escape drops it. */
export function useGraphKeys(fit: Fit): (event: KeyboardEvent<HTMLElement>) => void {
  const { live, view } = useSessionParts();
  return useCallback(
    (event) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      const { scene } = live.store.getState().picture;
      const { selected } = view.getState();
      const direction = directions[event.key];
      if (event.key === "Escape") {
        select(view, null);
      } else if (direction) {
        event.preventDefault();
        const focused = event.target instanceof HTMLElement ? event.target.dataset.item : undefined;
        const from = focused ?? selected ?? scene.namespaces[0]?.view.node.id;
        const to = from === undefined ? null : nearest(scene.items, from, direction);
        const goal = to ?? (selected === null ? from : null);
        if (goal === null || goal === undefined) return;
        select(view, goal);
        const rect = scene.items.get(goal);
        if (rect) fit.show(rect);
        event.currentTarget
          .querySelector<HTMLElement>(`[data-item="${CSS.escape(goal)}"]`)
          ?.focus({ preventScroll: true });
      } else if (event.key === "f") {
        fit.all();
      } else if (event.key === "t") {
        live.tidy();
      } else if (event.key === "+" || event.key === "=") {
        fit.zoom(1.25);
      } else if (event.key === "-") {
        fit.zoom(0.8);
      }
    },
    [live, view, fit],
  );
}
