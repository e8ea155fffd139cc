import { Typography } from "@mantine/core";
import { type ComponentProps, isValidElement, useMemo } from "react";
import Markdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { ConsoleBlock } from "./ConsoleBlock";
import classes from "./lesson.module.css";

const rehypePlugins = [rehypeSanitize];
const remarkPlugins = [remarkGfm];

interface LessonTextProps {
  readonly text: string;
  /** Type a command of the lesson in a terminal on a host. */
  readonly onRun?: (host: string, command: string) => void;
}

/** Markdown, with tables; raw HTML in it is shown as text, links open beside the lab. */
export function LessonText({ text, onRun }: LessonTextProps) {
  const components = useMemo(
    () => ({
      a: OutwardLink,
      pre: ({ children }: ComponentProps<"pre">) => {
        const code = consoleCode(children);
        return code === null ? <pre>{children}</pre> : <ConsoleBlock text={code} onRun={onRun ?? null} />;
      },
    }),
    [onRun],
  );
  return (
    <Typography className={classes.lesson ?? ""}>
      <Markdown rehypePlugins={rehypePlugins} remarkPlugins={remarkPlugins} components={components}>
        {text}
      </Markdown>
    </Typography>
  );
}

/** The text of a fenced block marked `console`; null for any other block. */
function consoleCode(child: ComponentProps<"pre">["children"]): string | null {
  if (!isValidElement<ComponentProps<"code">>(child)) return null;
  const { className, children } = child.props;
  return className === "language-console" && typeof children === "string" ? children : null;
}

function OutwardLink({ href, children }: ComponentProps<"a">) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}
