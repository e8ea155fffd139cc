/**
 * The live graph: React Flow carries the plane and the boxes that can be dragged, the cables are one SVG over them.
 *
 * Hosts and namespaces are React Flow nodes; what is inside a namespace (pads, switches, sockets) is drawn by the
 * namespace's own component at the places its shape says. Everything is placed by `src/graph`, nothing is measured.
 */

export { GraphView } from "./GraphView";
export { RoleIcon } from "./RoleIcon";
