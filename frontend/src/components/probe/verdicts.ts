import type { Protocol, Verdict } from "../../api/types";

/** How a verdict is named and coloured. `not_measured` is neither good nor bad: the probe itself did not run. */
export const verdictLooks: Record<Verdict, { readonly text: string; readonly colour: string }> = {
  reachable: { text: "reachable", colour: "teal" },
  refused: { text: "refused", colour: "orange" },
  rejected: { text: "rejected", colour: "red" },
  no_route: { text: "no route", colour: "red" },
  no_reply: { text: "no reply", colour: "red" },
  name_not_found: { text: "name not found", colour: "red" },
  not_measured: { text: "not measured", colour: "gray" },
};

export const protocols: readonly Protocol[] = ["icmp", "tcp", "udp", "dns", "http"];

/** Port to begin with; null for protocols that have none. */
export const usualPorts: Record<Protocol, number | null> = {
  icmp: null,
  tcp: 80,
  udp: 53,
  dns: 53,
  http: 80,
};
