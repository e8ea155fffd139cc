import { CloseButton } from "@mantine/core";
import { roleWords } from "../../model/words";
import { usePicture, useSessionParts, useView } from "../session/context";
import classes from "./graph.module.css";
import { RoleIcon } from "./RoleIcon";

/** What the drawing means: roles that occur, kinds of line, network colours. */
export function Legend() {
  const { view } = useSessionParts();
  const isOpen = useView((state) => state.isLegendOpen);
  const structure = usePicture((picture) => picture.structure);
  const colours = usePicture((picture) => picture.colours);
  if (!isOpen) return null;
  const roles = new Set([...structure.namespaceOf.values()].map(({ node }) => node.role));
  return (
    <aside className={classes.legend} aria-label="Legend">
      <CloseButton
        size="xs"
        className={classes.legendClose ?? ""}
        aria-label="Close the legend"
        onClick={() => view.setState({ isLegendOpen: false })}
      />
      <h3>Boxes are network namespaces</h3>
      <ul>
        {[...roles].map((role) => (
          <li key={role}>
            <RoleIcon role={role} /> {roleWords[role]}
          </li>
        ))}
      </ul>
      <h3>Lines are what the kernel wired</h3>
      <ul>
        <LineSample type="veth" text="veth pair: a cable" />
        <LineSample type="macvlan" text="macvlan or ipvlan child on its parent" />
        <LineSample type="vxlan" text="VXLAN tunnel between hosts" />
        <LineSample type="veth" text="an end is down" isDown />
      </ul>
      <h3>Colours are Docker networks</h3>
      <ul>
        {structure.networks
          .filter(({ node }) => colours.has(node.id))
          .map(({ node }) => (
            <li key={node.id}>
              <span
                className={classes.swatch}
                style={{ background: `var(--nq-network-${colours.get(node.id)})` }}
              />
              {node.name}
              {node.scope === "local" && node.hosts.length === 1 ? ` on ${node.hosts[0]}` : ""}
            </li>
          ))}
      </ul>
    </aside>
  );
}

function LineSample({
  type,
  text,
  isDown = false,
}: {
  readonly type: string;
  readonly text: string;
  readonly isDown?: boolean;
}) {
  return (
    <li>
      <svg width="34" height="10" aria-hidden="true">
        <g
          className={classes.cable}
          data-type={type}
          data-down={isDown || undefined}
          style={{ color: "var(--nq-cable)" }}
        >
          <path className={classes.cableLine} d="M1 5H33" />
        </g>
      </svg>
      {text}
    </li>
  );
}
