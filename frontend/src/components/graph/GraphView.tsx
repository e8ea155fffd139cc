import {
  Background,
  BackgroundVariant,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  ViewportPortal,
} from "@xyflow/react";
import { useCallback, useLayoutEffect, useMemo, useRef } from "react";
import type { Scene } from "../../graph/scene";
import { stampDrawn } from "../../store/stamps";
import { select } from "../../store/view";
import { useLive, usePicture, useSessionParts } from "../session/context";
import { CableLayer } from "./CableLayer";
import { GraphToolbar } from "./GraphToolbar";
import classes from "./graph.module.css";
import { type HostFlowNode, HostNode } from "./HostNode";
import { Legend } from "./Legend";
import { LightContext, useLight } from "./light";
import { type NamespaceFlowNode, NamespaceNode } from "./NamespaceNode";
import { useFit } from "./useFit";
import { useGraphKeys } from "./useGraphKeys";

type FlowNode = HostFlowNode | NamespaceFlowNode;

const nodeTypes = { host: HostNode, namespace: NamespaceNode };
const noEdges: never[] = [];
/** Roles whose boxes cables run into. */
const forwards: ReadonlySet<string> = new Set(["host", "overlay", "underlay"]);

/** The live graph of the session, with its tools. */
export function GraphView() {
  return (
    <ReactFlowProvider>
      <Plane />
    </ReactFlowProvider>
  );
}

function Plane() {
  const { live, view } = useSessionParts();
  const light = useLight();
  const nodes = useFlowNodes();
  const frame = useRef<HTMLDivElement>(null);
  const fit = useFit(frame);
  const onKeyDown = useGraphKeys(fit);
  useDrawnStamp();

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const { hosts, namespaces } = live.store.getState().picture.scene;
      for (const change of changes) {
        if (change.type !== "position" || !change.position) continue;
        const host = hosts.find((box) => box.view.node.id === change.id);
        const box = host ?? namespaces.find((candidate) => candidate.view.node.id === change.id);
        if (!box) continue;
        const by = { x: change.position.x - box.rect.x, y: change.position.y - box.rect.y };
        live.drag(host ? host.view.namespaces.map(({ node }) => node.id) : [change.id], by);
      }
    },
    [live],
  );

  return (
    <LightContext value={light}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys act on the items inside, which are buttons. */}
      <div ref={frame} className={classes.plane} onKeyDown={onKeyDown} data-testid="graph">
        <ReactFlow<FlowNode>
          nodes={nodes}
          edges={noEdges}
          nodeTypes={nodeTypes}
          onNodesChange={onNodesChange}
          onPaneClick={() => select(view, null)}
          onMoveStart={(event) => {
            if (event) fit.hold();
          }}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnDoubleClick={false}
          minZoom={0.12}
          maxZoom={2.5}
          aria-label="Network graph"
        >
          <Background variant={BackgroundVariant.Dots} gap={22} size={1.4} color="var(--nq-canvas-dot)" />
          <ViewportPortal>
            <CableLayer />
          </ViewportPortal>
        </ReactFlow>
        <GraphToolbar fit={fit} />
        <Legend />
      </div>
    </LightContext>
  );
}

/** React Flow's nodes for the scene; a box that did not change keeps its node, and so is not drawn again. */
function useFlowNodes(): FlowNode[] {
  const scene = usePicture((picture) => picture.scene);
  const made = useRef(new Map<object, FlowNode>());
  return useMemo(() => {
    const before = made.current;
    const after = new Map<object, FlowNode>();
    const nodes = flowNodes(scene, before, after);
    made.current = after;
    return nodes;
  }, [scene]);
}

function flowNodes(scene: Scene, before: Map<object, FlowNode>, after: Map<object, FlowNode>): FlowNode[] {
  const nodes: FlowNode[] = [];
  const keep = (box: object, make: () => FlowNode) => {
    const node = before.get(box) ?? make();
    after.set(box, node);
    nodes.push(node);
  };
  for (const box of scene.hosts) {
    keep(box, () => ({
      id: box.view.node.id,
      type: "host",
      data: { box },
      zIndex: 0,
      ...placed(box.rect, true),
    }));
  }
  for (const box of scene.namespaces) {
    keep(box, () => ({
      id: box.view.node.id,
      type: "namespace",
      data: { box },
      // Cables lie in between (graph.module.css): over what forwards, under what they would cross on their way.
      zIndex: forwards.has(box.view.node.role) ? 1 : 6,
      ...placed(box.rect, box.isFree),
    }));
  }
  return nodes;
}

/** Sizes are known before anything is drawn: React Flow has nothing to measure. */
function placed({ x, y, width, height }: Scene["hosts"][number]["rect"], draggable: boolean) {
  return { position: { x, y }, width, height, measured: { width, height }, draggable };
}

function useDrawnStamp(): void {
  const sequence = useLive(({ picture }) => picture.feed.sequence);
  useLayoutEffect(() => {
    if (sequence > 0) stampDrawn(sequence);
  }, [sequence]);
}
