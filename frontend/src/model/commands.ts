/** The commands of a lesson's console blocks: `alpha# docker ps`, with the host whose root types it. */

export interface ConsoleLine {
  /** The host named by the prompt; null for a line that is no command, such as output shown. */
  readonly host: string | null;
  /** What is typed, or the whole line where there is no prompt. */
  readonly text: string;
}

const prompted = /^([a-z0-9][a-z0-9-]*)# (.+)$/;

/** Split a console block into lines; the empty one at its end is left out. */
export function consoleLines(block: string): readonly ConsoleLine[] {
  return block
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const [, host, text] = prompted.exec(line) ?? [];
      return host === undefined || text === undefined ? { host: null, text: line } : { host, text };
    });
}
