import { IconPlug } from "@tabler/icons-react";
import type { InterfaceNode } from "../../model/wire";
import {
  cableWords,
  commandIn,
  interfaceCommand,
  linkState,
  namespaceTitle,
  stateWords,
  targetOf,
} from "../../model/words";
import { usePicture } from "../session/context";
import classes from "./facts.module.css";
import { ProbeEnds } from "./ProbeEnds";
import { CommandLine, NetworkName, Reference, Row, Rows } from "./parts";
import { Title } from "./Title";

export function InterfaceFacts({ node }: { readonly node: InterfaceNode }) {
  const structure = usePicture((picture) => picture.structure);
  const nodes = usePicture(({ feed }) => feed.topology.nodes);
  const view = structure.namespaceOf.get(node.namespace);
  const network = structure.networkOf.get(node.id);
  const cables = structure.cables.filter(({ a, b }) => a.id === node.id || b.id === node.id);
  const master = node.master === null ? undefined : nodes.get(node.master);
  const link = linkState(node);
  const ports = view?.bridges.find((bridge) => bridge.interface.id === node.id)?.ports ?? [];
  const address =
    node.addresses.find(({ scope }) => scope === "global")?.address.replace(/\/\d+$/, "") ?? null;
  return (
    <>
      <Title kind={`Interface · ${node.type}`} name={node.name} icon={<IconPlug size={13} aria-hidden />} />
      <ProbeEnds from={view ? targetOf(view) : null} to={address} />
      <Rows>
        <Row name="State">
          <span className={link === "down" ? classes.down : link === "up" ? classes.up : undefined}>
            {link === "idle" ? "no carrier: nothing is plugged in" : stateWords[node.state]}
          </span>
          <span className={classes.flags}> {node.flags.join(" ")}</span>
        </Row>
        <Row name="Addresses">
          {node.addresses.length > 0 &&
            node.addresses.map(({ address: text, scope }) => (
              <div key={text} className="mono">
                {text} <span className={classes.flags}>{scope}</span>
              </div>
            ))}
        </Row>
        <Row name="MAC">{node.mac && <span className="mono">{node.mac}</span>}</Row>
        <Row name="MTU">{node.mtu_bytes} bytes</Row>
        <Row name="Index">{node.index}</Row>
        <Row name="Namespace">
          {view && <Reference id={view.node.id}>{namespaceTitle(view.node)}</Reference>}
        </Row>
        <Row name="Bridge">
          {master?.kind === "interface" && <Reference id={master.id}>{master.name}</Reference>}
        </Row>
        {cables.map((cable) => {
          const far = cable.a.id === node.id ? cable.b : cable.a;
          const there = structure.namespaceOf.get(far.namespace);
          const isParent = cable.type === "macvlan" && cable.b.id === node.id;
          return (
            <Row
              key={cable.id}
              name={isParent ? "Child" : cable.type === "macvlan" ? "Parent" : cableWords[cable.type]}
            >
              <Reference id={far.id}>{far.name}</Reference>
              {there && <> in {namespaceTitle(there.node)}</>}
            </Row>
          );
        })}
        <Row name="Docker network">{network !== undefined && <NetworkName id={network} />}</Row>
        {node.vxlan && (
          <>
            <Row name="VNI">{node.vxlan.vni}</Row>
            <Row name="UDP port">{node.vxlan.port}</Row>
            <Row name="Local">{node.vxlan.local}</Row>
            <Row name="Remote">{node.vxlan.remote ?? "by the FDB"}</Row>
          </>
        )}
        <Row name="Mode">{node.macvlan_mode}</Row>
        <Row name={`Ports (${ports.length})`}>
          {ports.length > 0 &&
            ports.map((port) => (
              <div key={port.id}>
                <Reference id={port.id}>{port.name}</Reference>
              </div>
            ))}
        </Row>
      </Rows>
      {view && <CommandLine command={commandIn(view, structure, interfaceCommand(node))} />}
    </>
  );
}
