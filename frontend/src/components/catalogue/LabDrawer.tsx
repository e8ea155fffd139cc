import { Badge, Button, Drawer, Group, Table, Tabs, Text } from "@mantine/core";
import { IconPlayerPlayFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { LabDetail } from "../../api/types";
import { queries } from "../../store/queries";
import { ErrorNotice, Waiting } from "../chrome";
import { LabFiles, LessonText } from "../lesson";
import { levelColour } from "./LabCard";
import { useLaunch } from "./useLaunch";

interface LabDrawerProps {
  /** Null when closed. */
  readonly slug: string | null;
  readonly onClose: () => void;
}

/** One lab: its lesson, what it starts, its files, and the way in. */
export function LabDrawer({ slug, onClose }: LabDrawerProps) {
  const lab = useQuery({ ...queries.lab(slug ?? ""), enabled: slug !== null });
  return (
    <Drawer
      opened={slug !== null}
      onClose={onClose}
      position="right"
      size="min(680px, 100vw)"
      title={lab.data?.title ?? "Lab"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {lab.isPending && slug !== null && <Waiting what="the lab" />}
      {lab.isError && (
        <ErrorNotice title="This lab cannot be shown" error={lab.error} onRetry={() => void lab.refetch()} />
      )}
      {lab.data && slug !== null && <Detail lab={lab.data} />}
    </Drawer>
  );
}

function Detail({ lab }: { readonly lab: LabDetail }) {
  const launch = useLaunch();
  return (
    <>
      <Text c="dimmed">{lab.summary}</Text>
      <Group my="md" justify="space-between">
        <Group gap={6}>
          <Badge variant="light" color={levelColour(lab.level)} radius="sm">
            {lab.level}
          </Badge>
          <Text size="sm" c="dimmed">
            {lab.hosts.join(", ")} · {lab.minutes} min
          </Text>
        </Group>
        <Button
          leftSection={<IconPlayerPlayFilled size={14} aria-hidden />}
          loading={launch.isPending}
          onClick={() => launch.mutate(lab.slug)}
        >
          Launch
        </Button>
      </Group>
      <Tabs defaultValue="lesson" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="lesson">Lesson</Tabs.Tab>
          <Tabs.Tab value="parts">What starts</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="lesson">
          {lab.lesson ? (
            <LessonText text={lab.lesson} />
          ) : (
            <Text c="dimmed">This lab has no lesson text.</Text>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="parts">
          <Parts lab={lab} />
        </Tabs.Panel>
        <Tabs.Panel value="files">
          <LabFiles files={lab.files} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Parts({ lab }: { readonly lab: LabDetail }) {
  return (
    <>
      <Table fz="sm" mb="lg" captionSide="top">
        <Table.Caption ta="left">Containers</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Container</Table.Th>
            <Table.Th>Host</Table.Th>
            <Table.Th>Networks</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lab.containers.map((container) => (
            <Table.Tr key={`${container.host}/${container.name}`}>
              <Table.Td className="mono">{container.name}</Table.Td>
              <Table.Td className="mono">{container.host}</Table.Td>
              <Table.Td className="mono">{container.networks.join(", ") || container.mode}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {lab.networks.length > 0 && (
        <Table fz="sm" captionSide="top">
          <Table.Caption ta="left">Networks</Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Network</Table.Th>
              <Table.Th>Driver</Table.Th>
              <Table.Th>Subnets</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lab.networks.map((network) => (
              <Table.Tr key={network.name}>
                <Table.Td className="mono">{network.name}</Table.Td>
                <Table.Td>
                  {network.driver}
                  {network.internal ? ", internal" : ""}
                </Table.Td>
                <Table.Td className="mono">{network.subnets.join(", ") || "chosen by the engine"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}
