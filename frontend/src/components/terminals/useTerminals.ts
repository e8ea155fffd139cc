import { notifications } from "@mantine/notifications";
import { useMemo } from "react";
import { reasonOf } from "../../api/problem";
import { useSessionParts } from "../session/context";

interface TerminalActions {
  readonly open: (target: string) => void;
  /** Type a command in a terminal on the target, and press Enter; opens one if there is none. */
  readonly run: (target: string, command: string) => void;
}

/** Use terminals from anywhere on the session page; the dock comes up with them. */
export function useTerminals(): TerminalActions {
  const { terminals, view } = useSessionParts();
  return useMemo(() => {
    const show = (target: string, done: Promise<void>) => {
      view.setState({ isDockOpen: true, narrowPanel: "terminals" });
      done.catch((error: unknown) => {
        notifications.show({ color: "red", title: `No terminal on ${target}`, message: reasonOf(error) });
      });
    };
    return {
      open: (target) => show(target, terminals.open(target)),
      run: (target, command) => show(target, terminals.run(target, command)),
    };
  }, [terminals, view]);
}
