import {
  ActionIcon,
  Box,
  Group,
  Menu,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import {
  IconChevronDown,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { logOut } from "../../api/client";
import { queries } from "../../store/queries";
import classes from "./chrome.module.css";

/** The bar at the top: brand, what the page puts in it, colour scheme, user. */
export function PageHeader({ children }: { readonly children?: ReactNode }) {
  return (
    <header className={classes.header}>
      <Link to="/" className={classes.brand} aria-label="Netquarium: all labs">
        <img src="/netquarium.svg" width={22} height={22} alt="" />
        <Text fw={680} size="md" component="span" visibleFrom="sm">
          Netquarium
        </Text>
      </Link>
      <div className={classes.content}>{children}</div>
      <Group gap={4} wrap="nowrap">
        <Box visibleFrom="sm">
          <SchemeMenu />
        </Box>
        <UserMenu />
      </Group>
    </header>
  );
}

const schemes = [
  { value: "auto", label: "As the system", icon: IconDeviceDesktop },
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon },
] as const;

function SchemeMenu() {
  const computed = useComputedColorScheme("light");
  return (
    <Menu position="bottom-end" width={170}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Colour scheme">
          {computed === "dark" ? <IconMoon size={17} /> : <IconSun size={17} />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <SchemeItems />
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeItems() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return schemes.map(({ value, label, icon: Icon }) => (
    <Menu.Item
      key={value}
      leftSection={<Icon size={15} />}
      onClick={() => setColorScheme(value)}
      fw={colorScheme === value ? 650 : 400}
      aria-current={colorScheme === value}
    >
      {label}
    </Menu.Item>
  ));
}

function UserMenu() {
  const { data: me } = useQuery(queries.me());
  const known = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: logOut,
    onSettled: () => {
      known.clear();
      void navigate("/login");
    },
  });
  if (!me) return null;
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <UnstyledButton className={classes.user} aria-label={`Signed in as ${me.username}`}>
          <IconUser size={16} aria-hidden />
          <Text size="sm" component="span" visibleFrom="sm">
            {me.username}
          </Text>
          <IconChevronDown size={13} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.is_staff ? "Staff" : "Learner"}</Menu.Label>
        <Menu.Item component="a" href="/api/v1/docs" target="_blank">
          API documentation
        </Menu.Item>
        <Box hiddenFrom="sm">
          <Menu.Label>Colours</Menu.Label>
          <SchemeItems />
          <Menu.Divider />
        </Box>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => leave.mutate()}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
