import { IconLink } from "@tabler/icons-react";
import type { Cable } from "../../model/structure";
import type { InterfaceNode } from "../../model/wire";
import { cableWords, isDown, namespaceTitle, stateWords } from "../../model/words";
import { usePicture } from "../session/context";
import classes from "./facts.module.css";
import { Reference, Row, Rows } from "./parts";
import { Title } from "./Title";

export function CableFacts({ cable }: { readonly cable: Cable }) {
  const isParentage = cable.type === "macvlan";
  return (
    <>
      <Title
        kind={cableWords[cable.type]}
        name={`${cable.a.name} – ${cable.b.name}`}
        icon={<IconLink size={13} aria-hidden />}
      />
      <Rows>
        <End name={isParentage ? "Child" : "One end"} node={cable.a} />
        <End name={isParentage ? "Parent" : "Other end"} node={cable.b} />
        <Row name="VNI">{cable.type === "vxlan" && cable.a.vxlan?.vni}</Row>
        <Row name="UDP port">{cable.type === "vxlan" && cable.a.vxlan?.port}</Row>
      </Rows>
    </>
  );
}

function End({ name, node }: { readonly name: string; readonly node: InterfaceNode }) {
  const namespace = usePicture(({ structure }) => structure.namespaceOf.get(node.namespace));
  return (
    <Row name={name}>
      <Reference id={node.id}>{node.name}</Reference>
      {namespace && (
        <>
          {" in "}
          <Reference id={namespace.node.id}>{namespaceTitle(namespace.node)}</Reference>
        </>
      )}
      <div className={isDown(node) ? classes.down : classes.up}>{stateWords[node.state]}</div>
    </Row>
  );
}
