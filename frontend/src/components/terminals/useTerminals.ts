import { notifications } from "@mantine/notifications";
import { useMemo } from "react";
import { reasonOf } from "../../api/problem";
import { useSessionParts } from "../session/context";

/** Open terminals from anywhere on the session page; the dock comes up with them. */
export function useTerminals(): { readonly open: (target: string) => void } {
  const { terminals, view } = useSessionParts();
  return useMemo(
    () => ({
      open: (target) => {
        view.setState({ isDockOpen: true, narrowPanel: "terminals" });
        terminals.open(target).catch((error: unknown) => {
          notifications.show({ color: "red", title: `No terminal on ${target}`, message: reasonOf(error) });
        });
      },
    }),
    [terminals, view],
  );
}
