/** The session page's frame: header, progress, panels, and what all its parts share. */

export { type SessionParts, SessionProvider } from "./context";
export { HelpDialog } from "./HelpDialog";
export { NarrowWorkspace } from "./NarrowWorkspace";
export { SessionHeader } from "./SessionHeader";
export { Stage } from "./Stage";
export { WideWorkspace } from "./WideWorkspace";
