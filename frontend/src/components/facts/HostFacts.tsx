import { IconServer2 } from "@tabler/icons-react";
import type { HostNode } from "../../model/wire";
import { usePicture } from "../session/context";
import { ProbeEnds } from "./ProbeEnds";
import { CommandLine, Reference, Row, Rows, Section } from "./parts";
import { Title } from "./Title";

export function HostFacts({ node }: { readonly node: HostNode }) {
  const view = usePicture(({ structure }) => structure.hosts.find((host) => host.node.id === node.id));
  const containers = [
    ...(view?.namespaces.flatMap((namespace) => namespace.containers) ?? []),
    ...(view?.idle ?? []),
  ];
  return (
    <>
      <Title kind="Lab host" name={node.name} icon={<IconServer2 size={13} aria-hidden />} />
      <ProbeEnds from={node.name} to={node.address} />
      <Rows>
        <Row name="Underlay address">
          <span className="mono">{node.address}</span>
        </Row>
        <Row name="Docker Engine">{node.engine_version ?? "starting"}</Row>
        <Row name="Namespaces">{view?.namespaces.length ?? 0}</Row>
      </Rows>
      <Section title={`Containers (${containers.length})`}>
        {containers.map((container) => (
          <div key={container.id}>
            <Reference id={container.id}>{container.name}</Reference> {container.state}
          </div>
        ))}
      </Section>
      <CommandLine command={{ target: node.name, text: "docker ps -a" }} />
    </>
  );
}
