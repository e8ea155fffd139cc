import { Button, Center, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";

export function MissingPage() {
  return (
    <Center component="main" mih="100dvh">
      <Stack align="center" gap="xs">
        <Title order={1}>There is no such page</Title>
        <Text c="dimmed">The address may be mistyped, or what it named has been removed.</Text>
        <Button component={Link} to="/" mt="sm">
          All labs
        </Button>
      </Stack>
    </Center>
  );
}
