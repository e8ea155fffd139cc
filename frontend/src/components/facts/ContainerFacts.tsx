import { IconBox } from "@tabler/icons-react";
import type { ContainerNode } from "../../model/wire";
import { containerCommand, namespaceTitle } from "../../model/words";
import { usePicture } from "../session/context";
import classes from "./facts.module.css";
import { ProbeEnds } from "./ProbeEnds";
import { CommandLine, NetworkName, Reference, Row, Rows } from "./parts";
import { Title } from "./Title";

export function ContainerFacts({ node }: { readonly node: ContainerNode }) {
  const target = `${node.host}/${node.name}`;
  const runs = node.state === "running";
  return (
    <>
      <Title
        kind={node.pause ? "Pause container" : "Container"}
        name={node.name}
        icon={<IconBox size={13} aria-hidden />}
      />
      <ProbeEnds from={runs && !node.pause ? target : null} to={runs ? target : null} />
      <ContainerRows node={node} />
      <CommandLine command={containerCommand(node)} />
    </>
  );
}

/** Rows that describe a container: used in its own panel and in its namespace's. */
export function ContainerRows({ node }: { readonly node: ContainerNode }) {
  const structure = usePicture((picture) => picture.structure);
  const namespace = node.namespace === null ? undefined : structure.namespaceOf.get(node.namespace);
  const attachments = structure.networks.flatMap(({ node: network, attachments: found }) =>
    found.filter((one) => one.a === node.id).map((one) => ({ ...one, network: network.id })),
  );
  return (
    <Rows>
      <Row name="State">
        {node.state}
        {node.health && `, ${node.health}`}
      </Row>
      <Row name="Image">
        <span className="mono">{node.image}</span>
      </Row>
      <Row name="Command">
        <span className="mono">{node.command}</span>
      </Row>
      <Row name="Host">
        <Reference id={`host:${node.host}`}>{node.host}</Reference>
      </Row>
      <Row name="Network mode">{node.network_mode}</Row>
      <Row name="Service">{node.service !== node.name && node.service}</Row>
      <Row name="Networks">
        {attachments.length > 0 &&
          attachments.map((one) => (
            <div key={one.id}>
              <NetworkName id={one.network} /> <span className="mono">{one.addresses.join(" ")}</span>
              {one.aliases.length > 0 && (
                <span className={classes.flags}> also {one.aliases.join(", ")}</span>
              )}
            </div>
          ))}
      </Row>
      <Row name="Ports">
        {node.ports.length > 0 &&
          node.ports.map((port) => (
            <div key={`${port.host_ip}:${port.published}-${port.target}/${port.protocol}`} className="mono">
              {port.published === null
                ? `${port.target}/${port.protocol} exposed`
                : `${port.host_ip ?? "*"}:${port.published} → ${port.target}/${port.protocol}`}
            </div>
          ))}
      </Row>
      <Row name="Namespace">
        {namespace && <Reference id={namespace.node.id}>{namespaceTitle(namespace.node)}</Reference>}
      </Row>
      <Row name="Id">
        <span className="mono">{node.id.replace(/^container:/, "").slice(0, 12)}</span>
      </Row>
    </Rows>
  );
}
