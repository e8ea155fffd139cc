import { CloseButton } from "@mantine/core";
import type { ReactNode } from "react";
import { select } from "../../store/view";
import { useSessionParts } from "../session/context";
import classes from "./facts.module.css";

interface TitleProps {
  readonly kind: string;
  readonly name: string;
  readonly icon?: ReactNode;
}

/** What is shown, and the way back to the overview. */
export function Title({ kind, name, icon }: TitleProps) {
  const { view } = useSessionParts();
  return (
    <header className={classes.title}>
      <div className={classes.titleText}>
        <p>
          {icon}
          {kind}
        </p>
        <h2>{name}</h2>
      </div>
      <CloseButton
        size="sm"
        aria-label="Nothing selected"
        title="Back to the overview (Esc)"
        onClick={() => select(view, null)}
      />
    </header>
  );
}
