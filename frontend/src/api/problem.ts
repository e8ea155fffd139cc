/** Problem details (RFC 9457): the one shape in which the server refuses. */

export interface FieldProblem {
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
}

export class Problem extends Error {
  override readonly name = "Problem";
  /** HTTP status; 0 when no answer came at all. */
  readonly status: number;
  /** Stable, snake case: "login_failed", "session_not_found", "unreachable". */
  readonly code: string;
  readonly title: string;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    title: string,
    detail: string,
    body: Record<string, unknown> = {},
  ) {
    super(detail || title);
    this.status = status;
    this.code = code;
    this.title = title;
    this.body = body;
  }

  /** True when asking again can help without the user doing anything. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Read a refusal, whatever it holds: a proxy in between may answer in HTML. */
export function problemFrom(status: number, body: unknown): Problem {
  if (typeof body === "object" && body !== null) {
    const fields = body as Record<string, unknown>;
    const text = (key: string) => (typeof fields[key] === "string" ? fields[key] : "");
    return new Problem(
      status,
      text("code") || `http_${status}`,
      text("title") || `Error ${status}`,
      text("detail"),
      fields,
    );
  }
  return new Problem(
    status,
    `http_${status}`,
    `Error ${status}`,
    `The server answered with status ${status}.`,
  );
}

export function unreachable(): Problem {
  return new Problem(
    0,
    "unreachable",
    "Not reachable",
    "The Netquarium server does not answer. Is it running?",
  );
}

/** What to show for anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
