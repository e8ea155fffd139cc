import { getViewportForBounds, useReactFlow } from "@xyflow/react";
import { type RefObject, useCallback, useEffect, useMemo, useRef } from "react";
import type { Rect } from "../../graph/geometry";
import { usePicture } from "../session/context";

export interface Fit {
  /** Show the whole graph, and keep showing it as it grows. */
  readonly all: () => void;
  /** The user has chosen what to see: stop following. */
  readonly hold: () => void;
  /** Bring a place into view, if it is not. */
  readonly show: (rect: Rect) => void;
  readonly zoom: (factor: number) => void;
}

const margin_px = 28;
const largest = 1.2;

/** The viewport follows the graph's bounds until the user pans or zooms. */
export function useFit(frame: RefObject<HTMLDivElement | null>): Fit {
  const flow = useReactFlow();
  const bounds = usePicture((picture) => picture.scene.bounds);
  const latest = useRef(bounds);
  latest.current = bounds;
  const isHeld = useRef(false);

  const toBounds = useCallback(
    (duration: number) => {
      const box = frame.current?.getBoundingClientRect();
      if (!box || !latest.current || box.width === 0) return;
      const padding = `${margin_px}px` as const;
      const viewport = getViewportForBounds(latest.current, box.width, box.height, 0.12, largest, {
        top: "58px",
        right: padding,
        bottom: "54px",
        left: padding,
      });
      void flow.setViewport(viewport, { duration });
    },
    [flow, frame],
  );

  useEffect(() => {
    if (bounds && !isHeld.current) toBounds(0);
  }, [bounds, toBounds]);

  useEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(() => {
      if (!isHeld.current) toBounds(0);
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [frame, toBounds]);

  return useMemo(
    () => ({
      all: () => {
        isHeld.current = false;
        toBounds(180);
      },
      hold: () => {
        isHeld.current = true;
      },
      show: (rect) => {
        const box = frame.current?.getBoundingClientRect();
        if (!box) return;
        const { x, y, zoom } = flow.getViewport();
        const [left, top] = [rect.x * zoom + x, rect.y * zoom + y];
        const [right, bottom] = [left + rect.width * zoom, top + rect.height * zoom];
        if (left >= 0 && top >= 0 && right <= box.width && bottom <= box.height) return;
        isHeld.current = true;
        void flow.setCenter(rect.x + rect.width / 2, rect.y + rect.height / 2, {
          zoom: Math.max(zoom, 0.6),
          duration: 180,
        });
      },
      zoom: (factor) => {
        isHeld.current = true;
        void flow.zoomTo(flow.getZoom() * factor, { duration: 120 });
      },
    }),
    [flow, frame, toBounds],
  );
}
