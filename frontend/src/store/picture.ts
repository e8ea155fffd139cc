/**
 * The picture of one session: what its feed says, arranged and placed. A reducer without I/O.
 *
 * `draw` follows the topology and keeps boxes where they are; `arranged` takes a whole layout when one arrives.
 */

import { assignColours } from "../graph/colours";
import type { Point } from "../graph/geometry";
import { type Placement, type Shapes, settle, shift } from "../graph/placement";
import { compose, emptyScene, type Scene, shapeAll } from "../graph/scene";
import type { ShapeOptions } from "../graph/shape";
import type { Feed } from "../model/feed";
import { emptyFeed } from "../model/feed";
import { arrange, emptyStructure, type Structure } from "../model/structure";
import { changedIds } from "../model/topology";
import type { NamespaceId, NetworkId, NodeId } from "../model/wire";

export interface Picture {
  readonly feed: Feed;
  readonly structure: Structure;
  readonly shapes: Shapes;
  readonly placement: Placement;
  readonly scene: Scene;
  readonly options: ShapeOptions;
  readonly colours: ReadonlyMap<NetworkId, number>;
  /** Things that appeared or changed since the first picture, with the sequence number that did it. */
  readonly fresh: ReadonlyMap<NodeId, number>;
  /** True once a first placement exists: until then nothing is drawn. */
  readonly isPlaced: boolean;
}

export const emptyPicture: Picture = {
  feed: emptyFeed,
  structure: emptyStructure,
  shapes: new Map(),
  placement: new Map(),
  scene: emptyScene,
  options: { loopbacks: false },
  colours: new Map(),
  fresh: new Map(),
  isPlaced: false,
};

/** Things flash for a while only; older marks are dropped with the next change. */
const freshKept = 60;

/** Follow the feed. The first picture is placed by `arranged`, or here when `place` says not to wait for it. */
export function draw(
  picture: Picture,
  feed: Feed,
  place: boolean,
  options: ShapeOptions = picture.options,
): Picture {
  if (feed.topology === picture.feed.topology && options === picture.options && place === picture.isPlaced) {
    return feed === picture.feed ? picture : { ...picture, feed };
  }
  const structure = arrange(feed.topology, picture.structure);
  const shapes = shapeAll(structure, options, picture);
  const isPlaced = picture.isPlaced || place;
  const placement = isPlaced ? settle(picture.placement, structure, shapes) : picture.placement;
  return {
    feed,
    structure,
    shapes,
    placement,
    scene: isPlaced ? compose(structure, shapes, placement, options, picture.scene) : picture.scene,
    options,
    colours: assignColours(structure.networks, picture.colours),
    fresh: picture.isPlaced ? freshen(picture, feed) : picture.fresh,
    isPlaced,
  };
}

/** Take a whole placement, made perhaps for a slightly older structure. */
export function arranged(picture: Picture, placement: Placement): Picture {
  const settled = settle(placement, picture.structure, picture.shapes);
  return placed(picture, settled);
}

/** Move namespaces by hand. */
export function dragged(picture: Picture, ids: Iterable<NamespaceId>, by: Point): Picture {
  return placed(picture, shift(picture.placement, ids, by));
}

/** The placement a part of the way from one to another, for a smooth move. `part` from 0 to 1. */
export function between(from: Placement, to: Placement, part: number): Placement {
  const eased = 1 - (1 - part) ** 3;
  return new Map(
    [...to].map(([id, rect]) => {
      const start = from.get(id) ?? rect;
      const x = start.x + (rect.x - start.x) * eased;
      const y = start.y + (rect.y - start.y) * eased;
      return [id, { ...rect, x, y }];
    }),
  );
}

/** Put boxes exactly here. */
export function placed(picture: Picture, placement: Placement): Picture {
  const { structure, shapes, options } = picture;
  const scene = compose(structure, shapes, placement, options, picture.scene);
  return { ...picture, placement, scene, isPlaced: true };
}

function freshen(picture: Picture, feed: Feed): ReadonlyMap<NodeId, number> {
  const ids = changedIds(picture.feed.topology, feed.topology);
  if (ids.length === 0) return picture.fresh;
  const oldest = feed.sequence - freshKept;
  const fresh = new Map([...picture.fresh].filter(([, sequence]) => sequence > oldest));
  for (const id of ids) fresh.set(id, feed.sequence);
  return fresh;
}
