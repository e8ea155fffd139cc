/** How long to wait before connecting again. */

const firstDelay_ms = 500;
const longestDelay_ms = 15_000;

/**
 * Delay before the given attempt, counted from 1: doubles from half a second to 15 s, with up to 20 % of spread so
 * that a class whose server restarted does not come back in one instant.
 */
export function reconnectDelay_ms(attempt: number, random: () => number = Math.random): number {
  const doubled = firstDelay_ms * 2 ** Math.min(attempt - 1, 10);
  return Math.round(Math.min(doubled, longestDelay_ms) * (1 - 0.2 * random()));
}
