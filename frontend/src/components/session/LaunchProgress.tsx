import { Group, Loader, Progress, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { Session } from "../../api/types";
import type { ProgressMessage } from "../../model/wire";
import { useLive } from "./context";
import classes from "./session.module.css";

const stageWords: Readonly<Record<string, string>> = {
  queued: "In the queue",
  host: "Lab hosts",
  image: "Images",
  swarm: "Swarm",
  network: "Networks",
  container: "Containers",
  ready: "Ready",
};

/** How far a launch has come: each stage with its last step in words, and the count over all. */
export function LaunchProgress({ session }: { readonly session: Session }) {
  const heard = useLive(({ picture }) => picture.feed.stages);
  const latest = useLive(({ picture }) => picture.feed.progress) ?? session.progress;
  const steps = heard.length > 0 ? inOrder(heard) : [session.progress];
  return (
    <section className={classes.progress} aria-label="Launch progress" aria-live="polite">
      <Group justify="space-between" mb={6}>
        <Text fw={620} size="sm">
          {session.state === "queued" ? "Waiting to launch" : "Launching"}
        </Text>
        {latest.total > 0 && (
          <Text size="sm" className={classes.count ?? ""}>
            {latest.done} of {latest.total}
          </Text>
        )}
      </Group>
      <Progress
        size="xs"
        mb={8}
        value={latest.total > 0 ? (100 * latest.done) / latest.total : 0}
        aria-label="Steps done"
      />
      <ol className={classes.stages}>
        {steps.map((step) => (
          <li key={step.stage} data-done={step.stage !== latest.stage || undefined}>
            {step.stage === latest.stage ? <Loader size={11} /> : <IconCheck size={13} aria-hidden />}
            <span>{stageWords[step.stage] ?? step.stage}</span>
            <span className={classes.step}>{step.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function inOrder(steps: readonly ProgressMessage[]): readonly ProgressMessage[] {
  return [...steps].sort((a, b) => a.sequence - b.sequence);
}
