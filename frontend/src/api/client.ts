/** Requests to the REST interface, typed by its schema: cookie session, CSRF token, problems as errors. */

import createClient, { type Middleware } from "openapi-fetch";
import type { Message } from "../model/wire";
import { Problem, problemFrom, unreachable } from "./problem";
import type { paths } from "./schema";
import type {
  LabDetail,
  LabSummary,
  Me,
  NamespaceFacts,
  Probe,
  ProbeOrder,
  Session,
  Terminal,
  TerminalTicket,
} from "./types";

const csrf: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("X-CSRFToken", cookie("csrftoken"));
    return request;
  },
  onError: () => unreachable(),
};

const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });
api.use(csrf);

function cookie(name: string): string {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer's value; a refusal is thrown as a `Problem`. */
async function answered<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemFrom(response.status, error);
  return data as T;
}

const inSession = (session_id: string) => ({ params: { path: { session_id } } });

/** Who is logged in; null for nobody. */
export async function fetchMe(): Promise<Me | null> {
  try {
    return await answered(api.GET("/api/v1/me/"));
  } catch (error) {
    if (error instanceof Problem && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}

export async function logIn(username: string, password: string): Promise<Me> {
  if (cookie("csrftoken") === "") await api.GET("/api/v1/auth/csrf/");
  return answered(api.POST("/api/v1/auth/login/", { body: { username, password } }));
}

export async function logOut(): Promise<void> {
  await answered(api.POST("/api/v1/auth/logout/"));
}

export const fetchLabs = (): Promise<LabSummary[]> => answered(api.GET("/api/v1/labs/"));

export const fetchLab = (slug: string): Promise<LabDetail> =>
  answered(api.GET("/api/v1/labs/{slug}/", { params: { path: { slug } } }));

/** The caller's sessions that have not ended, newest first. */
export async function fetchLiveSessions(): Promise<Session[]> {
  const page = await answered(api.GET("/api/v1/sessions/", { params: { query: { live: true } } }));
  return page.items;
}

export const fetchSession = (id: string): Promise<Session> =>
  answered(api.GET("/api/v1/sessions/{session_id}/", inSession(id)));

export const launch = (lab: string): Promise<Session> =>
  answered(api.POST("/api/v1/sessions/", { body: { lab } }));

export const stopSession = (id: string): Promise<Session> =>
  answered(api.DELETE("/api/v1/sessions/{session_id}/", inSession(id)));

export const extendSession = (id: string, minutes: number): Promise<Session> =>
  answered(api.POST("/api/v1/sessions/{session_id}/extend/", { ...inSession(id), body: { minutes } }));

export const resetSession = (id: string): Promise<Session> =>
  answered(api.POST("/api/v1/sessions/{session_id}/reset/", inSession(id)));

/** Messages numbered higher than `after`, oldest first; those no longer kept are left out. */
export async function fetchMessages(session_id: string, after: number, limit: number): Promise<Message[]> {
  const params = { path: { session_id }, query: { after, limit } };
  const answer = await answered(api.GET("/api/v1/sessions/{session_id}/topology/events/", { params }));
  return answer.messages as unknown as Message[];
}

export async function fetchFacts(session_id: string, namespace_id: string): Promise<NamespaceFacts> {
  const path = { session_id, namespace_id };
  const facts = await answered(
    api.GET("/api/v1/sessions/{session_id}/namespaces/{namespace_id}/", { params: { path } }),
  );
  return facts as unknown as NamespaceFacts;
}

/** Newest first. */
export async function fetchProbes(id: string): Promise<Probe[]> {
  return (await answered(api.GET("/api/v1/sessions/{session_id}/probes/", inSession(id)))).items;
}

export const fetchProbe = (session_id: string, probe_id: string): Promise<Probe> =>
  answered(
    api.GET("/api/v1/sessions/{session_id}/probes/{probe_id}/", {
      params: { path: { session_id, probe_id } },
    }),
  );

/** Start a probe and wait up to so many seconds for its verdict; after that it comes back unfinished. */
export const startProbe = (session_id: string, order: ProbeOrder, wait: number): Promise<Probe> =>
  answered(
    api.POST("/api/v1/sessions/{session_id}/probes/", {
      params: { path: { session_id }, query: { wait } },
      body: order,
    }),
  );

export const fetchTerminals = (id: string): Promise<Terminal[]> =>
  answered(api.GET("/api/v1/sessions/{session_id}/terminals/", inSession(id)));

export const openTerminal = (
  id: string,
  target: string,
  columns: number,
  rows: number,
): Promise<TerminalTicket> =>
  answered(
    api.POST("/api/v1/sessions/{session_id}/terminals/", {
      ...inSession(id),
      body: { target, columns, rows },
    }),
  );

/** A ticket to attach again to an open terminal. */
export const terminalTicket = (session_id: string, terminal_id: string): Promise<TerminalTicket> =>
  answered(
    api.POST("/api/v1/sessions/{session_id}/terminals/{terminal_id}/tickets/", {
      params: { path: { session_id, terminal_id } },
    }),
  );

export async function closeTerminal(session_id: string, terminal_id: string): Promise<void> {
  await answered(
    api.DELETE("/api/v1/sessions/{session_id}/terminals/{terminal_id}/", {
      params: { path: { session_id, terminal_id } },
    }),
  );
}
