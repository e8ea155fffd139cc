import { Center, Loader, Stack, Text } from "@mantine/core";

/** Shown while something loads. `what` completes "Loading …". */
export function Waiting({ what }: { readonly what: string }) {
  return (
    <Center mih={180} h="100%" role="status" aria-live="polite">
      <Stack align="center" gap="xs">
        <Loader size="sm" type="dots" />
        <Text size="sm" c="dimmed">
          Loading {what}…
        </Text>
      </Stack>
    </Center>
  );
}
