/** What every part of the session page shares: the session's id, its live state and the view of it. */

import { createContext, type ReactNode, useContext } from "react";
import { useStore } from "zustand";
import type { Live, LiveState } from "../../store/live";
import type { Picture } from "../../store/picture";
import type { Terminals } from "../../store/terminals";
import type { View, ViewState } from "../../store/view";

export interface SessionParts {
  readonly id: string;
  readonly live: Live;
  readonly view: View;
  readonly terminals: Terminals;
}

const Context = createContext<SessionParts | null>(null);

interface SessionProviderProps {
  readonly parts: SessionParts;
  readonly children: ReactNode;
}

export function SessionProvider({ parts, children }: SessionProviderProps) {
  return <Context value={parts}>{children}</Context>;
}

export function useSessionParts(): SessionParts {
  const parts = useContext(Context);
  if (!parts) throw new Error("This component is drawn on the session page only.");
  return parts;
}

export function useLive<T>(choose: (state: LiveState) => T): T {
  return useStore(useSessionParts().live.store, choose);
}

export function usePicture<T>(choose: (picture: Picture) => T): T {
  return useLive((state) => choose(state.picture));
}

export function useView<T>(choose: (state: ViewState) => T): T {
  return useStore(useSessionParts().view, choose);
}
