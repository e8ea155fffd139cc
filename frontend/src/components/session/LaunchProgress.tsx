import { Loader, Progress, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { Session } from "../../api/types";
import type { ProgressMessage } from "../../model/wire";
import { useLive } from "./context";
import classes from "./session.module.css";

const stageWords: Readonly<Record<string, string>> = {
  queued: "Waiting for a free machine",
  host: "Lab hosts",
  image: "Images",
  swarm: "Swarm",
  network: "Networks",
  container: "Containers",
  ready: "Ready",
};

interface Step {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly text: string;
}

/** How far a launch has come: each stage with its count, and the last step in words. */
export function LaunchProgress({ session }: { readonly session: Session }) {
  const heard = useLive(({ picture }) => picture.feed.stages);
  const latest: Step = useLive(({ picture }) => picture.feed.progress) ?? session.progress;
  const steps: readonly Step[] = heard.length > 0 ? inOrder(heard) : [session.progress];
  return (
    <section className={classes.progress} aria-label="Launch progress" aria-live="polite">
      <Text fw={620} size="sm" mb={6}>
        {session.state === "queued" ? "Waiting to launch" : "Launching"}
      </Text>
      <ol className={classes.stages}>
        {steps.map((step) => {
          const isDone = step.total > 0 && step.done >= step.total && step.stage !== latest.stage;
          return (
            <li key={step.stage} data-done={isDone || undefined}>
              {isDone ? <IconCheck size={13} aria-hidden /> : <Loader size={11} />}
              <span>{stageWords[step.stage] ?? step.stage}</span>
              {step.total > 0 && (
                <>
                  <Progress
                    size="xs"
                    value={(100 * step.done) / step.total}
                    className={classes.bar ?? ""}
                    aria-hidden
                  />
                  <span className={classes.count}>
                    {step.done} of {step.total}
                  </span>
                </>
              )}
            </li>
          );
        })}
      </ol>
      <Text size="xs" c="dimmed" mt={6}>
        {latest.text}
      </Text>
    </section>
  );
}

function inOrder(steps: readonly ProgressMessage[]): readonly ProgressMessage[] {
  return [...steps].sort((a, b) => a.sequence - b.sequence);
}
