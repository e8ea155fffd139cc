import { Loader, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import type { SocketStatus } from "../../api/socket";

interface ReconnectingProps {
  readonly status: SocketStatus;
  /** What is not connected: "graph", "terminal". */
  readonly what: string;
  readonly className: string | undefined;
}

/** Says that a connection is lost, which attempt comes next, and when. Nothing while all is well. */
export function Reconnecting({ status, what, className }: ReconnectingProps) {
  const isFirst = status.kind === "connecting" && status.attempt === 1;
  const left_s = useSecondsUntil(status.kind === "waiting" ? status.until : null);
  if (status.kind === "open" || isFirst || (status.kind === "closed" && status.reason === null)) return null;
  const text =
    status.kind === "closed"
      ? `The ${what} is disconnected: ${status.reason}`
      : status.kind === "connecting"
        ? `Reconnecting the ${what}: attempt ${status.attempt}…`
        : `The ${what} lost its connection. Attempt ${status.attempt + 1} in ${left_s} s`;
  return (
    <div className={className} role="status">
      {status.kind !== "closed" && <Loader size={13} />}
      <Text size="sm">{text}</Text>
    </div>
  );
}

function useSecondsUntil(until: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (until === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}
