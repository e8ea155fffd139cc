/** Everything the page draws, with places in the plane: made from structure, shapes and placement. Pure. */

import type { Cable, HostView, NamespaceView, Structure } from "../model/structure";
import type { InterfaceId, NamespaceId, NodeId } from "../model/wire";
import { type CablePath, cablePath, type Lanes } from "./cables";
import { around, centre, moved, type Rect } from "./geometry";
import { frameHost, type Placement, type Shapes, spacing } from "./placement";
import { type NamespaceShape, type ShapeOptions, shapeNamespace, shapeRail } from "./shape";

export interface HostBox {
  readonly view: HostView;
  readonly rect: Rect;
}

export interface NamespaceBox {
  readonly view: NamespaceView;
  readonly shape: NamespaceShape;
  readonly rect: Rect;
  /** False for the underlay, whose place follows from the hosts. */
  readonly isFree: boolean;
}

export interface DrawnCable extends CablePath {
  readonly cable: Cable;
}

export interface Scene {
  readonly hosts: readonly HostBox[];
  readonly namespaces: readonly NamespaceBox[];
  readonly cables: readonly DrawnCable[];
  /** Every thing that can be selected by its place; cables are not among them. */
  readonly items: ReadonlyMap<NodeId, Rect>;
  readonly bounds: Rect | null;
}

export const emptyScene: Scene = { hosts: [], namespaces: [], cables: [], items: new Map(), bounds: null };

/** Shapes of all namespaces on hosts; a namespace that did not change keeps the shape it had. */
export function shapeAll(
  structure: Structure,
  options: ShapeOptions,
  previous: { structure: Structure; options: ShapeOptions; shapes: Shapes } | null,
): Shapes {
  const isSameOptions = previous?.options.loopbacks === options.loopbacks;
  const shapes = new Map<NamespaceId, NamespaceShape>();
  for (const host of structure.hosts) {
    for (const view of host.namespaces) {
      const before = isSameOptions ? previous?.shapes.get(view.node.id) : undefined;
      const isSame = before && previous?.structure.namespaceOf.get(view.node.id) === view;
      shapes.set(view.node.id, isSame ? before : shapeNamespace(view, options));
    }
  }
  return shapes;
}

/** Roles of boxes that stand between containers and their host: cables of others go around them. */
const passedBy: ReadonlySet<string> = new Set(["overlay"]);

/** Put everything in its place. Boxes and cables equal to the previous scene's keep their identity. */
export function compose(
  structure: Structure,
  shapes: Shapes,
  placement: Placement,
  options: ShapeOptions,
  previous: Scene = emptyScene,
): Scene {
  const hosts = composeHosts(structure, placement);
  const namespaces: NamespaceBox[] = [];
  for (const host of structure.hosts) {
    for (const view of host.namespaces) {
      const shape = shapes.get(view.node.id);
      const rect = placement.get(view.node.id);
      if (shape && rect) namespaces.push({ view, shape, rect, isFree: true });
    }
  }
  const items = new Map<NodeId, Rect>();
  for (const box of hosts) items.set(box.view.node.id, box.rect);
  for (const box of namespaces) enter(items, box);
  for (const box of composeOutside(structure, hosts, items, options)) {
    namespaces.push(box);
    enter(items, box);
  }
  const obstacles = namespaces.filter(({ view }) => passedBy.has(view.node.role));
  const lanes: Lanes = new Map();
  const cables = structure.cables.flatMap((cable) => {
    const a = items.get(cable.a.id);
    const b = items.get(cable.b.id);
    if (!a || !b) return [];
    const others = obstacles.filter(
      ({ view: { node } }) => node.id !== cable.a.namespace && node.id !== cable.b.namespace,
    );
    const boxes = others.map((box) => box.rect);
    return { cable, ...cablePath(cable.type, a, b, boxes, lanes) };
  });
  return {
    hosts: keep(previous.hosts, hosts, (box) => box.view.node.id, isSameBox),
    namespaces: keep(previous.namespaces, namespaces, (box) => box.view.node.id, isSameBox),
    cables: keep(
      previous.cables,
      cables,
      (drawn) => drawn.cable.id,
      (a, b) => a.path === b.path && a.cable === b.cable,
    ),
    items,
    bounds: keepRect(previous.bounds, around([...hosts, ...namespaces].map((box) => box.rect))),
  };
}

function composeHosts(structure: Structure, placement: Placement): HostBox[] {
  const isPlaced = (view: HostView) => view.namespaces.some(({ node }) => placement.has(node.id));
  const framed = structure.hosts
    .filter(isPlaced)
    .map((view) => ({ view, rect: frameHost(view, placement, { x: 0, y: 0 }) }));
  const bounds = around(framed.map((box) => box.rect));
  let left = bounds ? bounds.x + bounds.width + spacing.hostGap : 0;
  const waiting = structure.hosts
    .filter((view) => !isPlaced(view))
    .map((view) => {
      const rect = frameHost(view, placement, { x: left, y: bounds?.y ?? 0 });
      left += rect.width + spacing.hostGap;
      return { view, rect };
    });
  return [...framed, ...waiting];
}

/** Boxes of the namespaces on no host, one under the other below all hosts. */
function composeOutside(
  structure: Structure,
  hosts: readonly HostBox[],
  items: ReadonlyMap<NodeId, Rect>,
  options: ShapeOptions,
): NamespaceBox[] {
  const span = around(hosts.map((box) => box.rect)) ?? { x: 0, y: 0, width: 0, height: 0 };
  let top = span.y + span.height + spacing.railGap;
  return structure.outside.map((view) => {
    const isRail = view.node.role === "underlay" && view.bridges.length === 1;
    const shape = isRail
      ? shapeRail(view, endsAbove(view, structure.cables, items), span)
      : shapeNamespace(view, options);
    const rect = {
      x: span.x + span.width / 2 - shape.width / 2,
      y: top,
      width: shape.width,
      height: shape.height,
    };
    top += shape.height + spacing.railGap;
    return { view, shape, rect, isFree: false };
  });
}

/** For each port of the underlay's bridge, the x of the far end of its cable. */
function endsAbove(
  view: NamespaceView,
  cables: readonly Cable[],
  items: ReadonlyMap<NodeId, Rect>,
): Map<InterfaceId, number> {
  const ends = new Map<InterfaceId, number>();
  for (const { a, b } of cables) {
    for (const [near, far] of [
      [a, b],
      [b, a],
    ] as const) {
      const rect = items.get(far.id);
      if (near.namespace === view.node.id && rect) ends.set(near.id, centre(rect).x);
    }
  }
  return ends;
}

function enter(items: Map<NodeId, Rect>, box: NamespaceBox): void {
  items.set(box.view.node.id, box.rect);
  for (const [id, rect] of box.shape.places) items.set(id, moved(rect, box.rect));
}

function keepRect(previous: Rect | null, next: Rect | null): Rect | null {
  return previous && next && isSameRect(previous, next) ? previous : next;
}

function isSameRect(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function isSameBox(a: HostBox | NamespaceBox, b: HostBox | NamespaceBox): boolean {
  if (!isSameRect(a.rect, b.rect) || a.view !== b.view) return false;
  if (!("shape" in a) || !("shape" in b)) return true;
  return a.shape === b.shape || (!a.isFree && isSamePlaces(a.shape, b.shape));
}

function isSamePlaces(a: NamespaceShape, b: NamespaceShape): boolean {
  return (
    a.places.size === b.places.size && [...a.places].every(([id, rect]) => b.places.get(id)?.x === rect.x)
  );
}

function keep<T>(
  previous: readonly T[],
  next: readonly T[],
  idOf: (item: T) => string,
  isSame: (a: T, b: T) => boolean,
): readonly T[] {
  const before = new Map(previous.map((item) => [idOf(item), item]));
  return next.map((item) => {
    const known = before.get(idOf(item));
    return known && isSame(known, item) ? known : item;
  });
}
