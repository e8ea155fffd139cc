/** What is known of the selected thing, and the command that shows the same in a shell. */

export { FactsPanel } from "./FactsPanel";
