import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  Tooltip,
} from "@mantine/core";
import { IconArrowsUpDown, IconRadar2 } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { startProbe } from "../../api/client";
import type { Probe, Protocol } from "../../api/types";
import { targetsOf } from "../../model/words";
import { queries } from "../../store/queries";
import { ErrorNotice } from "../chrome";
import { usePicture, useSessionParts, useView } from "../session/context";
import { ProbeCard } from "./ProbeCard";
import classes from "./probe.module.css";
import { protocols, usualPorts } from "./verdicts";

/** How long the server may hold the answer back for the verdict; slower probes are asked for again. */
const wait_s = 8;
const timeout_s = 2;

export function ProbePanel() {
  const { id, view } = useSessionParts();
  const structure = usePicture((picture) => picture.structure);
  const ends = useView((state) => state.probe);
  const [protocol, setProtocol] = useState<Protocol>("icmp");
  const [port, setPort] = useState<number | null>(null);
  const known = useQueryClient();
  const history = useQuery({
    ...queries.probes(id),
    refetchInterval: ({ state }) => (state.data?.some((probe) => probe.state !== "done") ? 700 : false),
  });
  const targets = targetsOf(structure);
  const measure = useMutation({
    mutationFn: () => startProbe(id, { ...ends, protocol, port, timeout_s }, wait_s),
    onSuccess: (probe) => {
      known.setQueryData(queries.probes(id).queryKey, (before: Probe[] | undefined) => [
        probe,
        ...(before ?? []).filter((one) => one.id !== probe.id),
      ]);
    },
  });
  const choose = (next: Protocol) => {
    setProtocol(next);
    setPort(usualPorts[next]);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    measure.mutate();
  };
  const needsPort = usualPorts[protocol] !== null;
  const isReady = ends.from !== "" && ends.to !== "" && (!needsPort || port !== null);
  return (
    <Stack gap="md">
      <form onSubmit={submit}>
        <Stack gap={8}>
          <div className={classes.ends}>
            <Stack gap={8}>
              <Select
                size="xs"
                label="From"
                placeholder="a host or container"
                data={targets}
                value={ends.from || null}
                searchable
                allowDeselect={false}
                nothingFoundMessage="No such host or container"
                onChange={(from) => view.setState({ probe: { ...ends, from: from ?? "" } })}
              />
              <Autocomplete
                size="xs"
                label="To"
                placeholder="container, name or address"
                data={targets}
                value={ends.to}
                onChange={(to) => view.setState({ probe: { ...ends, to } })}
              />
            </Stack>
            <Tooltip label="Swap the ends">
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label="Swap the ends"
                disabled={!targets.includes(ends.to)}
                onClick={() => view.setState({ probe: { from: ends.to, to: ends.from } })}
              >
                <IconArrowsUpDown size={16} />
              </ActionIcon>
            </Tooltip>
          </div>
          <SegmentedControl
            size="xs"
            fullWidth
            aria-label="Protocol"
            data={protocols.map((one) => ({ value: one, label: one.toUpperCase() }))}
            value={protocol}
            onChange={(value) => choose(value as Protocol)}
          />
          <Group gap={8} align="flex-end" wrap="nowrap">
            {needsPort && (
              <NumberInput
                size="xs"
                label="Port"
                min={1}
                max={65535}
                allowDecimal={false}
                allowNegative={false}
                hideControls
                w={90}
                value={port ?? ""}
                onChange={(value) => setPort(typeof value === "number" ? value : null)}
              />
            )}
            <Button
              type="submit"
              size="xs"
              flex={1}
              leftSection={<IconRadar2 size={15} aria-hidden />}
              loading={measure.isPending}
              disabled={!isReady}
            >
              Probe
            </Button>
          </Group>
        </Stack>
      </form>
      {measure.isError && <ErrorNotice title="The probe was refused" error={measure.error} />}
      <section aria-label="Probes, newest first" aria-live="polite">
        {history.isError && (
          <ErrorNotice
            title="Earlier probes cannot be listed"
            error={history.error}
            onRetry={() => void history.refetch()}
          />
        )}
        {history.data?.length === 0 && (
          <Text size="sm" c="dimmed">
            Nothing probed yet. A probe is sent from inside the source's own namespace.
          </Text>
        )}
        {history.data?.map((probe) => (
          <ProbeCard
            key={probe.id}
            probe={probe}
            onAgain={() => view.setState({ probe: { from: probe.from, to: probe.to } })}
          />
        ))}
      </section>
    </Stack>
  );
}
