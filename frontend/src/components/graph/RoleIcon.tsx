import {
  IconBox,
  IconCpu,
  IconDoorEnter,
  IconNetwork,
  IconServer2,
  IconStack2,
  IconTag,
  IconTopologyStarRing3,
} from "@tabler/icons-react";
import type { NamespaceNode } from "../../model/wire";

const icons = {
  host: IconServer2,
  container: IconBox,
  pod: IconStack2,
  overlay: IconTopologyStarRing3,
  ingress: IconDoorEnter,
  underlay: IconNetwork,
  named: IconTag,
  process: IconCpu,
} as const;

interface RoleIconProps {
  readonly role: NamespaceNode["role"];
  readonly size?: number;
}

export function RoleIcon({ role, size = 14 }: RoleIconProps) {
  const Icon = icons[role];
  return <Icon size={size} aria-hidden style={{ color: `var(--nq-role-${role})`, flex: "none" }} />;
}
