import { Typography } from "@mantine/core";
import type { ComponentProps } from "react";
import Markdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import classes from "./lesson.module.css";

const rehypePlugins = [rehypeSanitize];
const remarkPlugins = [remarkGfm];
const components = { a: OutwardLink };

/** Markdown, with tables; raw HTML in it is shown as text, links open beside the lab. */
export function LessonText({ text }: { readonly text: string }) {
  return (
    <Typography className={classes.lesson ?? ""}>
      <Markdown rehypePlugins={rehypePlugins} remarkPlugins={remarkPlugins} components={components}>
        {text}
      </Markdown>
    </Typography>
  );
}

function OutwardLink({ href, children }: ComponentProps<"a">) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}
