/** The timeline: what happened in the lab, in words, as it happens. */

export { EventLog } from "./EventLog";
