import { ActionIcon, Badge, Button, Group, Menu, Modal, Text, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconClockPlus, IconDots, IconPlayerStopFilled, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { extendSession, resetSession, stopSession } from "../../api/client";
import { reasonOf } from "../../api/problem";
import type { Session } from "../../api/types";
import type { SessionState } from "../../model/wire";
import { durationWords } from "../../model/words";
import { queries } from "../../store/queries";
import { useSessionParts } from "./context";
import classes from "./session.module.css";

const stateColours: Record<SessionState, string> = {
  queued: "gray",
  launching: "blue",
  running: "teal",
  stopping: "orange",
  stopped: "gray",
  failed: "red",
};

/** Minutes that "extend" adds. */
const extension = 30;
/** Below this the time left is shown as a warning. */
const soon_s = 300;

interface SessionHeaderProps {
  readonly session: Session;
  readonly state: SessionState;
}

/** The lab's title, how its session fares, and what can be done to the session as a whole. */
export function SessionHeader({ session, state }: SessionHeaderProps) {
  const isAlive = state === "running" || state === "launching" || state === "queued";
  const left_s = useSecondsLeft(session.expires_at);
  const { extend, reset, stop } = useSessionActions(session);
  const [asked, setAsked] = useState<"stop" | "reset" | null>(null);
  return (
    <Group gap="sm" wrap="nowrap" className={classes.header ?? ""}>
      <Text component="h1" fw={640} truncate className={classes.title ?? ""}>
        {session.title}
      </Text>
      <Badge
        variant="light"
        radius="sm"
        color={stateColours[state]}
        className={classes.badge ?? ""}
        data-session-state={state}
      >
        {state}
      </Badge>
      <div className={classes.spring} />
      {isAlive && (
        <>
          <Tooltip label="Time left before the session is stopped">
            <Text size="sm" className={classes.left ?? ""} data-soon={left_s < soon_s || undefined}>
              {durationWords(left_s)}
              <span className={classes.leftWord}> left</span>
            </Text>
          </Tooltip>
          <Group gap={6} wrap="nowrap" visibleFrom="sm">
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconClockPlus size={14} aria-hidden />}
              loading={extend.isPending}
              disabled={state !== "running"}
              onClick={() => extend.mutate()}
            >
              Extend
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconRefresh size={14} aria-hidden />}
              loading={reset.isPending}
              disabled={state !== "running"}
              onClick={() => setAsked("reset")}
            >
              Reset
            </Button>
            <Button
              size="compact-sm"
              color="red"
              variant="light"
              leftSection={<IconPlayerStopFilled size={13} aria-hidden />}
              loading={stop.isPending}
              onClick={() => setAsked("stop")}
            >
              Stop
            </Button>
          </Group>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="default" hiddenFrom="sm" aria-label="Session actions">
                <IconDots size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<IconClockPlus size={15} />}
                disabled={state !== "running"}
                onClick={() => extend.mutate()}
              >
                Extend by {extension} min
              </Menu.Item>
              <Menu.Item
                leftSection={<IconRefresh size={15} />}
                disabled={state !== "running"}
                onClick={() => setAsked("reset")}
              >
                Reset
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<IconPlayerStopFilled size={15} />}
                onClick={() => setAsked("stop")}
              >
                Stop
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
      <Modal
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={asked === "stop" ? "Stop this session?" : "Reset this session?"}
        centered
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Text size="sm">
          {asked === "stop"
            ? "Its hosts, containers and networks are removed, with everything you changed in them."
            : "Everything in it is removed, and the lab is launched again as it was at first."}
        </Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" data-autofocus onClick={() => setAsked(null)}>
            Keep it running
          </Button>
          <Button
            color="red"
            onClick={() => {
              (asked === "stop" ? stop : reset).mutate();
              setAsked(null);
            }}
          >
            {asked === "stop" ? "Stop the session" : "Reset the session"}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}

function useSessionActions(session: Session) {
  const { terminals } = useSessionParts();
  const known = useQueryClient();
  const use = (action: () => Promise<Session>, refused: string, onDone?: () => void) => ({
    mutationFn: action,
    onSuccess: (answer: Session) => {
      known.setQueryData(queries.session(session.id).queryKey, answer);
      onDone?.();
    },
    onError: (error: unknown) => {
      notifications.show({ color: "red", title: refused, message: reasonOf(error) });
    },
  });
  return {
    extend: useMutation(use(() => extendSession(session.id, extension), "The session was not extended")),
    reset: useMutation(
      use(
        () => resetSession(session.id),
        "The session was not reset",
        () => terminals.clear(),
      ),
    ),
    stop: useMutation(use(() => stopSession(session.id), "The session was not stopped")),
  };
}

function useSecondsLeft(expires: string): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (Date.parse(expires) - now) / 1000;
}
