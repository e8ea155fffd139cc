import { IconTerminal2 } from "@tabler/icons-react";
import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { HostBox } from "../../graph/scene";
import { useTerminals } from "../terminals/useTerminals";
import classes from "./graph.module.css";
import { Item } from "./Item";
import { StateDot } from "./NamespaceNode";

export type HostFlowNode = Node<{ readonly box: HostBox }, "host">;

/** A lab host: the box around its namespaces, with its name, address and a way to its shell. */
export const HostNode = memo(function HostNode({ data }: NodeProps<HostFlowNode>) {
  const { view } = data.box;
  const { node, idle } = view;
  const terminals = useTerminals();
  return (
    <section className={classes.host} aria-label={`host ${node.name}`}>
      <header className={classes.hostHeader}>
        <Item id={node.id} label={`host ${node.name}, ${node.address}`} className={classes.hostName} isStop>
          <span className={classes.hostTitle}>{node.name}</span>
          <span className={classes.hostAddress}>{node.address}</span>
        </Item>
        <button
          type="button"
          className={`${classes.hostShell} nopan nodrag`}
          onClick={() => terminals.open(node.name)}
          aria-label={`Open a terminal on ${node.name}`}
          title={`Open a terminal on ${node.name}`}
        >
          <IconTerminal2 size={15} aria-hidden />
        </button>
      </header>
      {view.namespaces.length === 0 && <p className={classes.starting}>starting…</p>}
      {idle.length > 0 && (
        <div className={classes.shelf}>
          <span className={classes.shelfTitle}>not running</span>
          {idle.map((container) => (
            <Item
              key={container.id}
              id={container.id}
              label={`container ${container.name}, ${container.state}`}
              className={classes.idle}
            >
              <StateDot container={container} />
              {container.name}
            </Item>
          ))}
        </div>
      )}
    </section>
  );
});
