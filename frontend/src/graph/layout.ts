/** Runs ELK in its web worker. The page never waits for it: a layout is asked for and arrives. */

import ELK, { type ELK as Elk } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import type { Structure } from "../model/structure";
import type { HostId, NamespaceId } from "../model/wire";
import { fromElk, toElk } from "./elk";
import type { Point } from "./geometry";
import { type Placement, placeAll, type Shapes } from "./placement";

export interface Layout {
  /** Arrange everything anew. Rejects when the worker cannot run or was closed. */
  arrange(structure: Structure, shapes: Shapes): Promise<Placement>;
  close(): void;
}

export function openLayout(): Layout {
  const elk: Elk = new ELK({ workerFactory: () => new Worker(workerUrl) });
  return {
    async arrange(structure, shapes) {
      const arranged = new Map<HostId, ReadonlyMap<NamespaceId, Point>>();
      await Promise.all(
        structure.hosts.map(async (host) => {
          const graph = toElk(host, structure.cables, shapes);
          if (graph) arranged.set(host.node.id, fromElk(await elk.layout(graph)));
        }),
      );
      return placeAll(structure, shapes, arranged);
    },
    close: () => elk.terminateWorker(),
  };
}
