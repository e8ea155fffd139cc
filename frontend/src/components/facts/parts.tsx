import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconTerminal2 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { ShellCommand } from "../../model/words";
import { select } from "../../store/view";
import { usePicture, useSessionParts } from "../session/context";
import { useTerminals } from "../terminals";
import classes from "./facts.module.css";

/** Name and value, one per line. A row without a value is left out. */
export function Rows({ children }: { readonly children: ReactNode }) {
  return <dl className={classes.rows}>{children}</dl>;
}

export function Row({ name, children }: { readonly name: string; readonly children?: ReactNode }) {
  if (children === null || children === undefined || children === "" || children === false) return null;
  return (
    <div className={classes.row}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={classes.section}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** A reference to another thing of the graph: selects it. */
export function Reference({ id, children }: { readonly id: string; readonly children: ReactNode }) {
  const { view } = useSessionParts();
  return (
    <button type="button" className={classes.reference} onClick={() => select(view, id)}>
      {children}
    </button>
  );
}

/** A command to copy, and a terminal to type it in. */
export function CommandLine({ command }: { readonly command: ShellCommand }) {
  const terminals = useTerminals();
  if (command.target === null) {
    return (
      <p className={classes.noShell}>
        The underlay belongs to the lab machine: no shell of yours reaches it.
      </p>
    );
  }
  const { target, text } = command;
  return (
    <div className={classes.command}>
      <code title={`On ${target}`}>
        <span className={classes.prompt}>{target}#</span> {text}
      </code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : "Copy the command"}>
            <ActionIcon
              size={24}
              variant="subtle"
              color="gray"
              onClick={copy}
              aria-label={`Copy the command ${text}`}
            >
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
      <Tooltip label={`Open a terminal on ${target}`}>
        <ActionIcon
          size={24}
          variant="subtle"
          color="gray"
          onClick={() => terminals.open(target)}
          aria-label={`Open a terminal on ${target}`}
        >
          <IconTerminal2 size={14} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

/** The colour and name of a Docker network, as a reference to it. */
export function NetworkName({ id }: { readonly id: string }) {
  const network = usePicture(({ structure }) => structure.networks.find(({ node }) => node.id === id)?.node);
  const colour = usePicture(({ colours }) => colours.get(id));
  if (!network) return null;
  return (
    <Reference id={id}>
      <span
        className={classes.swatch}
        style={{ background: colour === undefined ? "var(--nq-line-strong)" : `var(--nq-network-${colour})` }}
      />
      {network.name}
    </Reference>
  );
}
