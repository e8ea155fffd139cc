import { Badge, Button, Group, Text, Title } from "@mantine/core";
import { IconPlayerPlayFilled, IconServer } from "@tabler/icons-react";
import { Link } from "react-router";
import type { LabSummary } from "../../api/types";
import classes from "./catalogue.module.css";
import { useLaunch } from "./useLaunch";

export function LabCard({ lab }: { readonly lab: LabSummary }) {
  const launch = useLaunch();
  return (
    <article className={classes.card} aria-labelledby={`lab-${lab.slug}`}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
        <Title order={2} id={`lab-${lab.slug}`} className={classes.cardTitle ?? ""}>
          <Link to={`/labs/${lab.slug}`} className={classes.cardLink}>
            {lab.title}
          </Link>
        </Title>
        <Badge
          variant="light"
          color={levelColour(lab.level)}
          size="sm"
          radius="sm"
          className={classes.level ?? ""}
        >
          {lab.level}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed" className={classes.summary ?? ""}>
        {lab.summary}
      </Text>
      <Group gap={5} className={classes.features ?? ""}>
        {lab.features.map((feature) => (
          <span key={feature} className={classes.feature}>
            {feature}
          </span>
        ))}
      </Group>
      <Group justify="space-between" wrap="nowrap">
        <Group gap={6} wrap="nowrap" className={classes.hosts ?? ""}>
          <IconServer size={14} aria-hidden />
          <Text size="xs" span>
            {lab.hosts.length === 1 ? "1 host" : `${lab.hosts.length} hosts`} · {lab.minutes} min
          </Text>
        </Group>
        <Button
          size="compact-sm"
          className={classes.launch ?? ""}
          leftSection={<IconPlayerPlayFilled size={12} aria-hidden />}
          loading={launch.isPending}
          onClick={() => launch.mutate(lab.slug)}
          aria-label={`Launch ${lab.title}`}
        >
          Launch
        </Button>
      </Group>
    </article>
  );
}

export function levelColour(level: string): string {
  return level === "beginner"
    ? "teal"
    : level === "intermediate"
      ? "indigo"
      : level === "advanced"
        ? "red"
        : "gray";
}
