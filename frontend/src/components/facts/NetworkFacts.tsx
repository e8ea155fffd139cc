import { IconTopologyBus } from "@tabler/icons-react";
import type { NetworkNode } from "../../model/wire";
import { networkCommand } from "../../model/words";
import { usePicture } from "../session/context";
import { CommandLine, Reference, Row, Rows, Section } from "./parts";
import { Title } from "./Title";

export function NetworkFacts({ node }: { readonly node: NetworkNode }) {
  const view = usePicture(({ structure }) =>
    structure.networks.find((network) => network.node.id === node.id),
  );
  const nodes = usePicture(({ feed }) => feed.topology.nodes);
  const edges = usePicture(({ feed }) => feed.topology.edges);
  const realised = [...edges.values()].filter((edge) => edge.type === "realised" && edge.a === node.id);
  const options = Object.entries(node.options);
  return (
    <>
      <Title
        kind={`Docker network · ${node.driver}`}
        name={node.name}
        icon={<IconTopologyBus size={13} aria-hidden />}
      />
      <Rows>
        <Row name="Scope">{node.scope}</Row>
        <Row name="Hosts">{node.hosts.join(", ")}</Row>
        <Row name="Subnets">
          {node.subnets.length > 0 &&
            node.subnets.map((subnet) => (
              <div key={subnet} className="mono">
                {subnet}
              </div>
            ))}
        </Row>
        <Row name="Gateways">
          {node.gateways.length > 0 &&
            node.gateways.map((gateway) => (
              <div key={gateway} className="mono">
                {gateway}
              </div>
            ))}
        </Row>
        <Row name="Internal">{node.internal && "yes: no way out"}</Row>
        <Row name="Attachable">{node.attachable && "yes"}</Row>
        <Row name="Made real by">
          {realised.length > 0 &&
            realised.map((edge) => {
              const made = nodes.get(edge.b);
              return made?.kind === "interface" ? (
                <div key={edge.id}>
                  <Reference id={made.id}>{made.name}</Reference>
                </div>
              ) : null;
            })}
        </Row>
        {options.map(([name, value]) => (
          <Row key={name} name={name}>
            <span className="mono">{value || "(empty)"}</span>
          </Row>
        ))}
      </Rows>
      <Section title={`Members (${view?.attachments.length ?? 0})`}>
        {view?.attachments.map((attachment) => {
          const container = nodes.get(attachment.a);
          if (container?.kind !== "container") return null;
          return (
            <div key={attachment.id}>
              <Reference id={container.id}>
                {container.host}/{container.name}
              </Reference>{" "}
              <span className="mono">{attachment.addresses.join(" ")}</span>
            </div>
          );
        })}
      </Section>
      <CommandLine command={networkCommand(node)} />
    </>
  );
}
