import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { consoleLines } from "../../model/commands";
import classes from "./lesson.module.css";

interface ConsoleBlockProps {
  readonly text: string;
  /** Type a command in a terminal on a host; without it the block is only read. */
  readonly onRun: ((host: string, command: string) => void) | null;
}

/** A lesson's commands, one a line, each to be typed by a click where there is a terminal to type it in. */
export function ConsoleBlock({ text, onRun }: ConsoleBlockProps) {
  const lines = consoleLines(text);
  return (
    <pre>
      {lines.map(({ host, text: line }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a lesson neither move nor change.
        <code key={index} className={classes.line}>
          {host !== null && <span className={classes.prompt}>{host}# </span>}
          {line}
          {host !== null && onRun && (
            <Tooltip label={`Run in a terminal on ${host}`} openDelay={400}>
              <ActionIcon
                className={classes.run ?? ""}
                size="xs"
                variant="subtle"
                aria-label={`Run on ${host}: ${line}`}
                onClick={() => onRun(host, line)}
              >
                <IconPlayerPlay size={12} />
              </ActionIcon>
            </Tooltip>
          )}
        </code>
      ))}
    </pre>
  );
}
