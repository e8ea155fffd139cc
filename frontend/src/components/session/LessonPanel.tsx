import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "../../store/queries";
import { ErrorNotice, Waiting } from "../chrome";
import { LabFiles, LessonText } from "../lesson";
import { useTerminals } from "../terminals";

/** The lesson beside the graph, and the lab's files behind it. */
export function LessonPanel({ slug }: { readonly slug: string }) {
  const lab = useQuery(queries.lab(slug));
  const { run } = useTerminals();
  const [shown, setShown] = useState<"lesson" | "files">("lesson");
  if (lab.isPending) return <Waiting what="the lesson" />;
  if (lab.isError)
    return (
      <ErrorNotice title="The lesson cannot be shown" error={lab.error} onRetry={() => void lab.refetch()} />
    );
  return (
    <>
      <SegmentedControl
        size="xs"
        fullWidth
        mb="sm"
        aria-label="Lesson or files"
        data={[
          { value: "lesson", label: "Lesson" },
          { value: "files", label: "Files" },
        ]}
        value={shown}
        onChange={(value) => setShown(value as "lesson" | "files")}
      />
      {shown === "lesson" ? (
        <LessonText text={lab.data.lesson || lab.data.summary} onRun={run} />
      ) : (
        <LabFiles files={lab.data.files} />
      )}
    </>
  );
}
