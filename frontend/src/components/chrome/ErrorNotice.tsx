import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Problem, reasonOf } from "../../api/problem";

interface ErrorNoticeProps {
  readonly title: string;
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** A refusal in words, with its stable code and a way on. */
export function ErrorNotice({ title, error, onRetry }: ErrorNoticeProps) {
  return (
    <Alert
      color="red"
      variant="light"
      title={title}
      icon={<IconAlertTriangle size={18} aria-hidden />}
      role="alert"
    >
      <Text size="sm">{reasonOf(error)}</Text>
      <Group mt="xs" gap="sm">
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {error instanceof Problem && (
          <Text size="xs" c="dimmed" className="mono">
            {error.code}
          </Text>
        )}
      </Group>
    </Alert>
  );
}
