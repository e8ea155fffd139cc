import type { CSSProperties, ReactNode } from "react";
import type { Rect } from "../../graph/geometry";
import { select } from "../../store/view";
import { usePicture, useSessionParts, useView } from "../session/context";
import classes from "./graph.module.css";
import { useLit } from "./light";

interface ItemProps {
  readonly id: string;
  readonly label: string;
  readonly className: string | undefined;
  /** Place within the box; none for rows that flow. */
  readonly rect?: Rect;
  readonly style?: CSSProperties;
  /** Reached by Tab; others by the arrow keys. */
  readonly isStop?: boolean;
  readonly isDown?: boolean;
  readonly children?: ReactNode;
}

/** One thing that can be selected: it lights up, flashes when it is new and carries its name. */
export function Item({
  id,
  label,
  className,
  rect,
  style,
  isStop = false,
  isDown = false,
  children,
}: ItemProps) {
  const { view } = useSessionParts();
  const isSelected = useView((state) => state.selected === id);
  const isEnd = useView((state) => state.litEnds.includes(id));
  const fresh = usePicture((picture) => picture.fresh.get(id));
  const lit = useLit(id);
  const place: CSSProperties = rect
    ? { position: "absolute", left: rect.x, top: rect.y, width: rect.width, height: rect.height }
    : {};
  return (
    <button
      type="button"
      className={`${classes.item} ${className ?? ""} nopan`}
      style={{ ...place, ...style }}
      data-item={id}
      data-selected={isSelected || undefined}
      data-end={isEnd || undefined}
      data-lit={lit}
      data-down={isDown || undefined}
      data-fresh={fresh === undefined ? undefined : fresh % 2}
      tabIndex={isStop || isSelected ? 0 : -1}
      aria-label={label}
      aria-pressed={isSelected}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        select(view, id);
      }}
    >
      {children}
    </button>
  );
}
