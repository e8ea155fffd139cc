import { memo } from "react";
import type { DrawnCable } from "../../graph/scene";
import { cableWords, isDown } from "../../model/words";
import { select } from "../../store/view";
import { usePicture, useSessionParts, useView } from "../session/context";
import classes from "./graph.module.css";
import { useLit } from "./light";

/** All cables, as one drawing over the boxes. Only the lines themselves take the pointer. */
export function CableLayer() {
  const cables = usePicture((picture) => picture.scene.cables);
  return (
    <svg className={classes.cables} aria-hidden="true">
      {cables.map((drawn) => (
        <CableLine key={drawn.cable.id} drawn={drawn} />
      ))}
    </svg>
  );
}

const CableLine = memo(function CableLine({ drawn }: { readonly drawn: DrawnCable }) {
  const { cable, path, middle } = drawn;
  const { view } = useSessionParts();
  const isSelected = useView(
    ({ selected }) => selected === cable.id || selected === cable.a.id || selected === cable.b.id,
  );
  const fresh = usePicture((picture) => picture.fresh.get(cable.a.id) ?? picture.fresh.get(cable.b.id));
  const network = usePicture(
    ({ structure }) => structure.networkOf.get(cable.a.id) ?? structure.networkOf.get(cable.b.id),
  );
  const colour = usePicture(({ colours }) => (network === undefined ? undefined : colours.get(network)));
  const litA = useLit(cable.a.id);
  const litB = useLit(cable.b.id);
  const isBroken = isDown(cable.a) || isDown(cable.b);
  const lit = litA === "lit" && litB === "lit" ? "lit" : litA === undefined ? undefined : "dim";
  const stroke = colour === undefined ? "var(--nq-cable)" : `var(--nq-network-${colour})`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the cable's ends are buttons that lead to it; this is a short cut.
    <g
      className={classes.cable}
      data-type={cable.type}
      data-cable={cable.id}
      data-selected={isSelected || undefined}
      data-down={isBroken || undefined}
      data-lit={lit}
      data-fresh={fresh === undefined ? undefined : fresh % 2}
      style={{ color: stroke }}
      onClick={() => select(view, cable.id)}
    >
      <title>{`${cableWords[cable.type]}: ${cable.a.name} – ${cable.b.name}`}</title>
      <path className={classes.cableHit} d={path} />
      <path className={classes.cableCasing} d={path} />
      {fresh !== undefined && <path className={classes.cableFlash} d={path} />}
      <path className={classes.cableLine} d={path} />
      {cable.type === "vxlan" && (
        <g className={classes.cableLabel} transform={`translate(${middle.x} ${middle.y})`}>
          <rect x={-36} y={-9} width={72} height={18} rx={9} />
          <text dy="0.35em">{`VNI ${cable.a.vxlan?.vni ?? "?"}`}</text>
        </g>
      )}
      {isBroken && (
        <g className={classes.cableCross} transform={`translate(${middle.x} ${middle.y})`}>
          <circle r={7} />
          <path d="M-3-3L3 3M3-3L-3 3" />
        </g>
      )}
    </g>
  );
});
