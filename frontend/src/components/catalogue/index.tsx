/** The catalogue: labs to choose from, sessions that run, one lab in detail. */

export { LabCard } from "./LabCard";
export { LabDrawer } from "./LabDrawer";
export { matching } from "./matching";
export { RunningSessions } from "./RunningSessions";
export { useLaunch } from "./useLaunch";
