/** Probes: choose two ends, measure, read the verdict with its evidence; earlier verdicts stay below. */

export { ProbePanel } from "./ProbePanel";
