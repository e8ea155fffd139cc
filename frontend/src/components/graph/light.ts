/** What is lit up: null when nothing is, and then everything is drawn at full strength. */

import { createContext, useContext, useMemo } from "react";
import { findNetwork, findText } from "../../model/find";
import type { NodeId } from "../../model/wire";
import { usePicture, useView } from "../session/context";

export type Light = ReadonlySet<NodeId> | null;

export const LightContext = createContext<Light>(null);

/** Work out the light from the search, else from the network pointed at or selected. */
export function useLight(): Light {
  const search = useView((state) => state.search);
  const network = useView(
    ({ litNetwork, selected }) => litNetwork ?? (selected?.startsWith("network:") ? selected : null),
  );
  const structure = usePicture((picture) => picture.structure);
  return useMemo(() => {
    const found = findText(structure, search);
    if (found) return found;
    return network === null ? null : findNetwork(structure, network);
  }, [structure, search, network]);
}

/** "lit", "dim", or nothing. */
export function useLit(id: NodeId): "lit" | "dim" | undefined {
  const light = useContext(LightContext);
  if (light === null) return undefined;
  return light.has(id) ? "lit" : "dim";
}
