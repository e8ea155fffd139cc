import { Text } from "@mantine/core";
import { useEffect } from "react";
import { usePicture, useSessionParts } from "../session/context";
import classes from "./facts.module.css";
import { NetworkName, Reference, Section } from "./parts";

/** The lab at a glance: its networks and hosts. Pointing at a network lights up its members. */
export function Overview({ isGone }: { readonly isGone: boolean }) {
  const { view } = useSessionParts();
  const structure = usePicture((picture) => picture.structure);
  // A network that is clicked takes this list away before the pointer leaves it.
  useEffect(() => () => view.setState({ litNetwork: null }), [view]);
  const light = (litNetwork: string | null) => () => view.setState({ litNetwork });
  const networks = structure.networks.filter(({ node }) => node.driver !== "host" && node.driver !== "null");
  return (
    <>
      {isGone && (
        <Text size="sm" mb="sm" role="status">
          What was selected is gone.
        </Text>
      )}
      <Text size="sm" c="dimmed" mb="md">
        Select a box, a port or a cable to see its facts.
      </Text>
      <Section title={`Docker networks (${networks.length})`}>
        {networks.map(({ node, attachments }) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: pointing only lights up; the name inside is the button.
          <div
            key={node.id}
            className={classes.network}
            onPointerEnter={light(node.id)}
            onPointerLeave={light(null)}
            onFocus={light(node.id)}
            onBlur={light(null)}
          >
            <NetworkName id={node.id} />
            <span className={classes.flags}>
              {node.driver}
              {node.scope === "local" && structure.hosts.length > 1 ? ` on ${node.hosts.join(", ")}` : ""}
              {node.internal ? ", internal" : ""}
            </span>
            <span className={classes.networkSubnet}>{node.subnets.join(" ")}</span>
            <span className={classes.flags}>
              {attachments.length === 1 ? "1 member" : `${attachments.length} members`}
            </span>
          </div>
        ))}
      </Section>
      <Section title={`Hosts (${structure.hosts.length})`}>
        {structure.hosts.map(({ node, namespaces, idle }) => (
          <div key={node.id}>
            <Reference id={node.id}>{node.name}</Reference> <span className="mono">{node.address}</span>{" "}
            <span className={classes.flags}>
              {namespaces.length} namespaces,{" "}
              {namespaces.reduce((sum, one) => sum + one.containers.length, idle.length)} containers
            </span>
          </div>
        ))}
      </Section>
    </>
  );
}
