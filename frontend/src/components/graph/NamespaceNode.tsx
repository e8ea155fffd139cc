import { IconArrowBarToDown } from "@tabler/icons-react";
import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { NamespaceBox } from "../../graph/scene";
import { listsContainers, padAddress, publishedPorts } from "../../graph/shape";
import type { ContainerNode, InterfaceNode } from "../../model/wire";
import { describeInterface, linkState, roleWords } from "../../model/words";
import { usePicture } from "../session/context";
import classes from "./graph.module.css";
import { Item } from "./Item";
import { useLit } from "./light";
import { RoleIcon } from "./RoleIcon";

export type NamespaceFlowNode = Node<{ readonly box: NamespaceBox }, "namespace">;

/** A network namespace: its header, the containers that share it, its switches and pads. */
export const NamespaceNode = memo(function NamespaceNode({ data }: NodeProps<NamespaceFlowNode>) {
  const { view, shape } = data.box;
  const { node, containers, bridges } = view;
  const lit = useLit(node.id);
  const only = containers.length === 1 ? containers[0] : undefined;
  const ports = node.role === "host" ? [] : publishedPorts(view);
  const isEmpty = shape.places.size === 0;
  return (
    <div className={classes.namespace} data-role={node.role} data-lit={lit}>
      <Item
        id={node.id}
        label={`${roleWords[node.role]} ${node.name}`}
        className={classes.namespaceHeader}
        isStop
      >
        <RoleIcon role={node.role} />
        <span className={classes.namespaceName}>{node.role === "host" ? "host namespace" : node.name}</span>
        {only && node.role === "container" && <StateDot container={only} />}
      </Item>
      {listsContainers(view) && (
        <div className={classes.rows} style={{ top: shape.rowsTop }}>
          {containers.map((container) => (
            <ContainerRow key={container.id} container={container} />
          ))}
        </div>
      )}
      {ports.length > 0 && (
        <div className={classes.ports} style={{ top: portsTop(shape.rowsTop, view) }}>
          <IconArrowBarToDown size={11} aria-label="Published ports" />
          {ports.join(" ")}
        </div>
      )}
      {bridges.map(({ interface: bridge, ports: enslaved }) => (
        <Switch key={bridge.id} box={data.box} bridge={bridge} ports={enslaved} />
      ))}
      {view.interfaces.map((node) => (
        <Pad key={node.id} box={data.box} node={node} />
      ))}
      {isEmpty && (
        <span className={classes.nothing}>
          {view.interfaces.length > 0 ? "loopback only" : "no interface"}
        </span>
      )}
    </div>
  );
});

function portsTop(rowsTop: number, view: NamespaceBox["view"]): number {
  return rowsTop + (listsContainers(view) ? view.containers.length * 20 : 0);
}

function ContainerRow({ container }: { readonly container: ContainerNode }) {
  const kind = container.pause ? "pause container" : "container";
  return (
    <Item id={container.id} label={`${kind} ${container.name}, ${container.state}`} className={classes.row}>
      <StateDot container={container} />
      <span className={classes.rowName}>{container.name}</span>
      {container.pause && <span className={classes.tag}>pause</span>}
    </Item>
  );
}

export function StateDot({ container }: { readonly container: ContainerNode }) {
  const state = container.health === "unhealthy" ? "unhealthy" : container.state;
  return <span className={classes.dot} data-state={state} data-health={container.health ?? undefined} />;
}

interface PartProps {
  readonly box: NamespaceBox;
}

function useNetwork(id: string) {
  const network = usePicture(({ structure }) => structure.networkOf.get(id));
  const colour = usePicture(({ colours }) => (network === undefined ? undefined : colours.get(network)));
  const node = usePicture(
    ({ structure }) => structure.networks.find((candidate) => candidate.node.id === network)?.node,
  );
  return { node, colour: colour === undefined ? "var(--nq-line-strong)" : `var(--nq-network-${colour})` };
}

function Switch({
  box,
  bridge,
  ports,
}: PartProps & { readonly bridge: InterfaceNode; readonly ports: readonly InterfaceNode[] }) {
  const network = useNetwork(bridge.id);
  const rect = box.shape.places.get(bridge.id);
  if (!rect) return null;
  const networkName = network.node && network.node.name !== bridge.name ? network.node.name : null;
  return (
    <>
      <Item
        id={bridge.id}
        label={`${describeInterface(bridge, network.node)}, ${ports.length === 1 ? "1 port" : `${ports.length} ports`}`}
        className={classes.switch}
        rect={rect}
        style={{ borderBottomColor: network.colour }}
        isDown={linkState(bridge) === "down"}
      >
        <span className={classes.padName}>
          <span className={classes.led} data-link={linkState(bridge)} />
          {networkName ?? bridge.name}
        </span>
        {networkName && <span className={classes.padAddress}>{bridge.name}</span>}
        <span className={classes.padAddress}>{padAddress(bridge) || "no address"}</span>
      </Item>
      {ports.map((port) => (
        <Socket key={port.id} box={box} node={port} />
      ))}
    </>
  );
}

function Socket({ box, node }: PartProps & { readonly node: InterfaceNode }) {
  const network = useNetwork(node.id);
  const rect = box.shape.places.get(node.id);
  if (!rect) return null;
  return (
    <Item
      id={node.id}
      label={describeInterface(node, network.node)}
      className={classes.socket}
      rect={rect}
      style={{ borderColor: network.colour }}
      isDown={linkState(node) === "down"}
    >
      <span className={classes.led} data-link={linkState(node)} />
    </Item>
  );
}

function Pad({ box, node }: PartProps & { readonly node: InterfaceNode }) {
  const network = useNetwork(node.id);
  const rect = box.shape.places.get(node.id);
  if (!rect) return null;
  const address = padAddress(node);
  return (
    <Item
      id={node.id}
      label={describeInterface(node, network.node)}
      className={classes.pad}
      rect={rect}
      style={{ borderLeftColor: network.colour }}
      isDown={linkState(node) === "down"}
    >
      <span className={classes.padName}>
        <span className={classes.led} data-link={linkState(node)} />
        {node.name}
        {node.type !== "veth" && node.type !== "loopback" && node.type !== "other" && (
          <span className={classes.aside}>{node.type}</span>
        )}
      </span>
      <span className={classes.padAddress}>{address || "no address"}</span>
    </Item>
  );
}
