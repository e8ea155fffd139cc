import { Button, Group } from "@mantine/core";
import { IconArrowRight, IconRadar2, IconTerminal2 } from "@tabler/icons-react";
import { useSessionParts } from "../session/context";
import { useTerminals } from "../terminals";

interface ProbeEndsProps {
  /** Where a probe can start, null when it cannot start here. */
  readonly from: string | null;
  readonly to: string | null;
}

/** Use the selected thing as an end of a probe, or open a shell there. */
export function ProbeEnds({ from, to }: ProbeEndsProps) {
  const { view } = useSessionParts();
  const terminals = useTerminals();
  const use = (end: { from?: string; to?: string }) =>
    view.setState((state) => ({
      probe: { ...state.probe, ...end },
      sidePanel: "probe",
      narrowPanel: "probe",
    }));
  return (
    <Group gap={6} mb="sm">
      {from !== null && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconRadar2 size={13} aria-hidden />}
          onClick={() => use({ from })}
        >
          Probe from here
        </Button>
      )}
      {to !== null && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconArrowRight size={13} aria-hidden />}
          onClick={() => use({ to })}
        >
          Probe to here
        </Button>
      )}
      {from !== null && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconTerminal2 size={13} aria-hidden />}
          onClick={() => terminals.open(from)}
        >
          Terminal
        </Button>
      )}
    </Group>
  );
}
