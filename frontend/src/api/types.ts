/** The resources of the REST interface, by the names the page uses; generated from the server's schema. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type LabSummary = Schemas["LabSummary"];
export type LabDetail = Schemas["LabDetail"];
export type Session = Schemas["Session"];
export type Probe = Schemas["Probe"];
export type ProbeOrder = Schemas["ProbeOrder"];
export type Protocol = Probe["protocol"];
export type Verdict = NonNullable<Probe["verdict"]>;
export type Terminal = Schemas["Terminal"];
/** A terminal with the one-use ticket that opens its socket. */
export type TerminalTicket = Schemas["TerminalTicket"];

// What follows is read from the kernel and answered as an open object: the schema does not spell it out.

export interface Route {
  readonly family: number;
  readonly table: string;
  readonly text: string;
}

export interface FirewallRule {
  readonly handle: number | null;
  readonly text: string;
  readonly packets: number | null;
  readonly bytes: number | null;
  readonly maker: string | null;
}

export interface FirewallChain {
  readonly world: string;
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly hook: string | null;
  readonly policy: string | null;
  readonly rules: readonly FirewallRule[];
}

export interface InterfaceCounters {
  readonly interface: string;
  readonly name: string;
  readonly rx_packets: number;
  readonly rx_bytes: number;
  readonly tx_packets: number;
  readonly tx_bytes: number;
  readonly rx_dropped: number;
  readonly tx_dropped: number;
}

export interface NamespaceFacts {
  readonly namespace: string;
  readonly routes: readonly Route[];
  readonly policy_rules: readonly { readonly priority: number; readonly text: string }[];
  readonly neighbours: readonly {
    readonly address: string;
    readonly mac: string | null;
    readonly interface: string;
    readonly state: string;
    readonly text: string;
  }[];
  readonly fdb: readonly {
    readonly mac: string;
    readonly interface: string;
    readonly destination: string | null;
    readonly vni: number | null;
    readonly flags: readonly string[];
    readonly text: string;
  }[];
  readonly firewall: readonly FirewallChain[];
  readonly counters: readonly InterfaceCounters[];
  readonly sysctls: Readonly<Record<string, string>>;
}
