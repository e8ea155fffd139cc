import { Badge, Loader } from "@mantine/core";
import { useState } from "react";
import type { Probe } from "../../api/types";
import type { Structure } from "../../model/structure";
import { timeWords } from "../../model/words";
import { usePicture, useSessionParts, useView } from "../session/context";
import classes from "./probe.module.css";
import { verdictLooks } from "./verdicts";

interface ProbeCardProps {
  readonly probe: Probe;
  readonly onAgain: () => void;
}

/** One probe: who to whom, the verdict, why. Chosen, it lights up both ends in the graph. */
export function ProbeCard({ probe, onAgain }: ProbeCardProps) {
  const { view } = useSessionParts();
  const structure = usePicture((picture) => picture.structure);
  const [isOpen, setOpen] = useState(false);
  const ends = endsOf(probe, structure);
  const isLit = useView((state) => ends.length > 0 && state.litEnds.join() === ends.join());
  const look = probe.verdict ? verdictLooks[probe.verdict] : null;
  const evidence = Object.entries(probe.evidence);
  const choose = () => {
    setOpen(!isOpen);
    view.setState({ litEnds: isOpen ? [] : ends });
    if (!isOpen) onAgain();
  };
  return (
    <article
      className={classes.card}
      data-lit={isLit || undefined}
      data-verdict={probe.verdict ?? probe.state}
    >
      <button type="button" className={classes.summary} aria-expanded={isOpen} onClick={choose}>
        <span className={classes.line}>
          <span className={classes.who}>
            {probe.from} → {probe.to}
          </span>
          {look ? (
            <Badge size="sm" radius="sm" variant="light" color={look.colour}>
              {look.text}
            </Badge>
          ) : (
            <Loader size={13} aria-label={probe.state} />
          )}
        </span>
        <span className={classes.about}>
          {probe.protocol.toUpperCase()}
          {probe.port !== null && ` ${probe.port}`}
          {probe.rtts_ms.length > 0 && ` · ${probe.rtts_ms.map((rtt) => `${rtt.toFixed(2)} ms`).join(", ")}`}
          {` · ${timeWords(Date.parse(probe.created_at))}`}
        </span>
        {probe.sentence && <span className={classes.sentence}>{probe.sentence}</span>}
      </button>
      {isOpen && evidence.length > 0 && (
        <dl className={classes.evidence}>
          {evidence.map(([name, value]) => (
            <div key={name}>
              <dt>{name.replaceAll("_", " ")}</dt>
              <dd>{evidenceText(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  );
}

function evidenceText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null ? "none" : JSON.stringify(value);
}

/** The namespaces of both ends, as far as they are things of this graph. */
function endsOf(probe: Probe, structure: Structure): string[] {
  return [probe.from, probe.to].flatMap((target) => namespaceOf(target, structure) ?? []);
}

function namespaceOf(target: string, structure: Structure): string | null {
  for (const view of structure.namespaceOf.values()) {
    const { node, containers, interfaces, bridges } = view;
    if (node.role === "host" && node.host === target) return node.id;
    if (containers.some((one) => target === one.name || target === `${one.host}/${one.name}`)) return node.id;
    const all = [...interfaces, ...bridges.map((bridge) => bridge.interface)];
    const holds = all.some(
      (one) =>
        one.type !== "loopback" && one.addresses.some(({ address }) => address.split("/")[0] === target),
    );
    if (holds) return node.id;
  }
  return null;
}
