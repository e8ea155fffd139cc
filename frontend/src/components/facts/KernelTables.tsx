import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { FirewallChain, NamespaceFacts } from "../../api/types";
import { byteWords } from "../../model/words";
import classes from "./facts.module.css";
import { Section } from "./parts";

interface FactsProps {
  readonly facts: NamespaceFacts;
}

/** Lines as the kernel's own tools print them; scrolls sideways, never wraps. */
function Lines({
  lines,
  none,
}: {
  readonly lines: readonly { readonly key: string; readonly text: ReactNode }[];
  readonly none: string;
}) {
  if (lines.length === 0) {
    return (
      <Text size="sm" c="dimmed" mb="xs">
        {none}
      </Text>
    );
  }
  return (
    <ol className={classes.lines}>
      {lines.map(({ key, text }) => (
        <li key={key}>{text}</li>
      ))}
    </ol>
  );
}

/** Number equal texts, so that each has a key of its own. */
function keyed(texts: readonly string[]): { key: string; text: string }[] {
  const seen = new Map<string, number>();
  return texts.map((text) => {
    const count = (seen.get(text) ?? 0) + 1;
    seen.set(text, count);
    return { key: `${text}#${count}`, text };
  });
}

export function Routes({ facts }: FactsProps) {
  const tables = [...new Set(facts.routes.map((route) => route.table))].sort(byMain);
  return (
    <>
      {tables.map((table) => (
        <Section key={table} title={`Table ${table}`}>
          <Lines
            none=""
            lines={keyed(facts.routes.filter((route) => route.table === table).map((route) => route.text))}
          />
        </Section>
      ))}
      {tables.length === 0 && <Lines none="No routes." lines={[]} />}
      <Section title="Policy rules">
        <Lines
          none="None."
          lines={keyed(facts.policy_rules.map((rule) => `${rule.priority}: ${rule.text}`))}
        />
      </Section>
    </>
  );
}

function byMain(a: string, b: string): number {
  return Number(b === "main") - Number(a === "main") || a.localeCompare(b);
}

export function Neighbours({ facts }: FactsProps) {
  return (
    <Lines
      none="The kernel knows no neighbours here yet."
      lines={keyed(facts.neighbours.map((one) => one.text))}
    />
  );
}

export function Forwarding({ facts }: FactsProps) {
  return (
    <Lines
      none="No forwarding database: there is no bridge or VXLAN here."
      lines={keyed(facts.fdb.map((one) => one.text))}
    />
  );
}

export function Firewall({ facts }: FactsProps) {
  if (facts.firewall.length === 0) return <Lines none="No rules: every packet passes." lines={[]} />;
  return facts.firewall.map((chain) => <Chain key={chainKey(chain)} chain={chain} />);
}

function chainKey(chain: FirewallChain): string {
  return `${chain.world} ${chain.family} ${chain.table} ${chain.chain}`;
}

function Chain({ chain }: { readonly chain: FirewallChain }) {
  const about = [chain.hook && `at ${chain.hook}`, chain.policy && `policy ${chain.policy}`]
    .filter(Boolean)
    .join(", ");
  return (
    <details className={classes.chain} open={chain.rules.length > 0 && chain.rules.length <= 12}>
      <summary>
        <span className="mono">
          {chain.family} {chain.table} {chain.chain}
        </span>{" "}
        <span className={classes.flags}>
          {chain.world}
          {about && `, ${about}`}, {chain.rules.length === 1 ? "1 rule" : `${chain.rules.length} rules`}
        </span>
      </summary>
      <Lines
        none="No rules in this chain."
        lines={chain.rules.map((rule, place) => ({
          key: `${rule.handle ?? place}`,
          text: (
            <>
              <span className={classes.hits} title="packets, bytes">
                {rule.packets ?? "–"}
                {rule.bytes !== null && ` / ${byteWords(rule.bytes)}`}
              </span>
              {rule.text}
              {rule.maker && <span className={classes.maker}>{rule.maker}</span>}
            </>
          ),
        }))}
      />
    </details>
  );
}

export function Counters({ facts }: FactsProps) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Interface</th>
            <th scope="col">Received</th>
            <th scope="col">Sent</th>
            <th scope="col">Dropped</th>
          </tr>
        </thead>
        <tbody>
          {facts.counters.map((one) => (
            <tr key={one.interface}>
              <th scope="row">{one.name}</th>
              <td>
                {one.rx_packets} / {byteWords(one.rx_bytes)}
              </td>
              <td>
                {one.tx_packets} / {byteWords(one.tx_bytes)}
              </td>
              <td>{one.rx_dropped + one.tx_dropped}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Sysctls({ facts }: FactsProps) {
  const entries = Object.entries(facts.sysctls).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Lines
      none="None were read."
      lines={entries.map(([name, value]) => ({ key: name, text: `${name} = ${value}` }))}
    />
  );
}
