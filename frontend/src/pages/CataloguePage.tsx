import {
  Box,
  Button,
  Container,
  Group,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
  UnstyledButton,
} from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { LabCard, LabDrawer, matching, RunningSessions } from "../components/catalogue";
import { ErrorNotice, PageHeader } from "../components/chrome";
import { queries } from "../store/queries";
import classes from "./pages.module.css";

export function CataloguePage() {
  const { slug } = useParams();
  const navigate = useNavigate();
  const labs = useQuery(queries.labs());
  const [search, setSearch] = useState("");
  const [feature, setFeature] = useState<string | null>(null);
  const shown = useMemo(() => matching(labs.data ?? [], search, feature), [labs.data, search, feature]);
  const features = useMemo(
    () => [...new Set((labs.data ?? []).flatMap((lab) => lab.features))].sort(),
    [labs.data],
  );
  useEffect(() => {
    document.title = "Labs · Netquarium";
  }, []);
  const clear = () => {
    setSearch("");
    setFeature(null);
  };
  return (
    <>
      <PageHeader />
      <Container component="main" size={1180} py="lg" px="md">
        <RunningSessions />
        <Group justify="space-between" align="flex-end" mb="sm">
          <Box>
            <Title order={1}>Labs</Title>
            <Text size="sm" c="dimmed">
              Each starts real Docker Engines of your own; break what you like.
            </Text>
          </Box>
          <TextInput
            type="search"
            aria-label="Search labs"
            placeholder="Search labs"
            leftSection={<IconSearch size={15} aria-hidden />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            w={{ base: "100%", xs: 260 }}
          />
        </Group>
        {features.length > 0 && (
          <Group gap={6} mb="md" role="group" aria-label="Filter by subject">
            {features.map((name) => (
              <UnstyledButton
                key={name}
                className={classes.chip ?? ""}
                aria-pressed={feature === name}
                onClick={() => setFeature(feature === name ? null : name)}
              >
                {name}
              </UnstyledButton>
            ))}
          </Group>
        )}
        {labs.isPending && (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md" aria-label="Loading labs" role="status">
            {["a", "b", "c", "d", "e", "f"].map((key) => (
              <Skeleton key={key} height={158} radius="md" />
            ))}
          </SimpleGrid>
        )}
        {labs.isError && (
          <ErrorNotice
            title="The labs cannot be listed"
            error={labs.error}
            onRetry={() => void labs.refetch()}
          />
        )}
        {labs.data && shown.length > 0 && (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
            {shown.map((lab) => (
              <LabCard key={lab.slug} lab={lab} />
            ))}
          </SimpleGrid>
        )}
        {labs.data && shown.length === 0 && (
          <Stack align="center" py={60} gap="xs">
            <Text fw={600}>{labs.data.length === 0 ? "No labs are installed" : "No lab matches"}</Text>
            <Text size="sm" c="dimmed">
              {labs.data.length === 0
                ? "Labs live in labs/catalog, one folder each."
                : "Try fewer words, or another subject."}
            </Text>
            {labs.data.length > 0 && (
              <Button variant="default" size="compact-sm" onClick={clear}>
                Show all labs
              </Button>
            )}
          </Stack>
        )}
      </Container>
      <LabDrawer slug={slug ?? null} onClose={() => void navigate("/")} />
    </>
  );
}
