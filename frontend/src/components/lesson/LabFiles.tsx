import { ActionIcon, CopyButton, NativeSelect, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import classes from "./lesson.module.css";

interface LabFilesProps {
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** The lab's own files, one at a time, to read and copy. */
export function LabFiles({ files }: LabFilesProps) {
  const [name, setName] = useState(
    files.find((file) => file.name === "compose.yaml")?.name ?? files[0]?.name ?? "",
  );
  const file = files.find((candidate) => candidate.name === name) ?? files[0];
  if (!file) return <Text c="dimmed">This lab has no files.</Text>;
  return (
    <div>
      <div className={classes.fileBar}>
        <NativeSelect
          size="xs"
          aria-label="File"
          value={file.name}
          data={files.map((candidate) => candidate.name)}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <CopyButton value={file.text}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy the file"}>
              <ActionIcon variant="subtle" color="gray" aria-label={`Copy ${file.name}`} onClick={copy}>
                {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section className={classes.file} tabIndex={0} aria-label={file.name}>
        <pre>{file.text}</pre>
      </section>
    </div>
  );
}
