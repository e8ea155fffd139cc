import { usePicture, useView } from "../session/context";
import { CableFacts } from "./CableFacts";
import { ContainerFacts } from "./ContainerFacts";
import { HostFacts } from "./HostFacts";
import { InterfaceFacts } from "./InterfaceFacts";
import { NamespaceFacts } from "./NamespaceFacts";
import { NetworkFacts } from "./NetworkFacts";
import { Overview } from "./Overview";

/** Facts of the selected thing; of the whole lab while nothing is selected. */
export function FactsPanel() {
  const selected = useView((state) => state.selected);
  const node = usePicture(({ feed }) => (selected === null ? undefined : feed.topology.nodes.get(selected)));
  const cable = usePicture(({ structure }) => structure.cables.find(({ id }) => id === selected));
  const namespace = usePicture(({ structure }) =>
    selected === null ? undefined : structure.namespaceOf.get(selected),
  );
  if (cable) return <CableFacts cable={cable} />;
  if (namespace) return <NamespaceFacts key={namespace.node.id} view={namespace} />;
  switch (node?.kind) {
    case "host":
      return <HostFacts node={node} />;
    case "interface":
      return <InterfaceFacts node={node} />;
    case "container":
      return <ContainerFacts node={node} />;
    case "network":
      return <NetworkFacts node={node} />;
    default:
      return <Overview isGone={selected !== null} />;
  }
}
