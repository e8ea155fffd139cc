/** What the page asks of the REST interface, and how long answers hold. */

import { queryOptions } from "@tanstack/react-query";
import * as client from "../api/client";

export const queries = {
  me: () => queryOptions({ queryKey: ["me"], queryFn: client.fetchMe, staleTime: 60_000 }),
  labs: () => queryOptions({ queryKey: ["labs"], queryFn: client.fetchLabs, staleTime: 300_000 }),
  lab: (slug: string) =>
    queryOptions({ queryKey: ["labs", slug], queryFn: () => client.fetchLab(slug), staleTime: 300_000 }),
  sessions: () =>
    queryOptions({ queryKey: ["sessions"], queryFn: client.fetchLiveSessions, refetchInterval: 10_000 }),
  session: (id: string) =>
    queryOptions({ queryKey: ["sessions", id], queryFn: () => client.fetchSession(id) }),
  probes: (id: string) =>
    queryOptions({
      queryKey: ["sessions", id, "probes"],
      queryFn: () => client.fetchProbes(id),
      staleTime: 60_000,
    }),
  terminals: (id: string) =>
    queryOptions({
      queryKey: ["sessions", id, "terminals"],
      queryFn: () => client.fetchTerminals(id),
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
    }),
  /** `touched` is how often a delta named the namespace: a new number is a new question. */
  facts: (id: string, namespace: string, touched: string) =>
    queryOptions({
      queryKey: ["sessions", id, "facts", namespace, touched],
      queryFn: () => client.fetchFacts(id, namespace),
      staleTime: 2_000,
      placeholderData: (previous, query) => (query?.queryKey[3] === namespace ? previous : undefined),
    }),
};
