/** What every page has: header, brand, user menu, and how waiting, emptiness and refusals look. */

export { ErrorNotice } from "./ErrorNotice";
export { PageHeader } from "./PageHeader";
export { Waiting } from "./Waiting";
