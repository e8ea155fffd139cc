import {
  Alert,
  Button,
  Center,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { logIn } from "../api/client";
import { Problem, reasonOf } from "../api/problem";
import { queries } from "../store/queries";

export function LogInPage() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const passwordField = useRef<HTMLInputElement>(null);
  const known = useQueryClient();
  const navigate = useNavigate();
  const goal = goalOf(useLocation().state);
  const enter = useMutation({
    mutationFn: () => logIn(username, password),
    onSuccess: (me) => {
      known.setQueryData(queries.me().queryKey, me);
      void navigate(goal, { replace: true });
    },
    onError: () => {
      passwordField.current?.focus();
      passwordField.current?.select();
    },
  });
  useEffect(() => {
    document.title = "Log in · Netquarium";
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (username && password) enter.mutate();
  };
  return (
    <Center component="main" mih="100dvh" px="md">
      <Paper withBorder shadow="sm" p="xl" w="100%" maw={380} radius="md">
        <form onSubmit={submit}>
          <Stack gap="md">
            <Group gap="sm">
              <img src="/netquarium.svg" width={34} height={34} alt="" />
              <div>
                <Title order={1}>Netquarium</Title>
                <Text size="sm" c="dimmed">
                  Container networks, alive
                </Text>
              </div>
            </Group>
            <TextInput
              label="User name"
              name="username"
              autoComplete="username"
              autoFocus
              required
              withAsterisk={false}
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              ref={passwordField}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            {enter.isError && (
              <Alert color="red" icon={<IconAlertTriangle size={18} aria-hidden />} role="alert" py="xs">
                {refusal(enter.error)}
              </Alert>
            )}
            <Button type="submit" loading={enter.isPending} disabled={!username || !password}>
              Log in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}

function refusal(error: unknown): string {
  if (error instanceof Problem && error.code === "login_failed") {
    return "This user name and password do not belong together.";
  }
  if (error instanceof Problem && error.status === 429)
    return "Too many attempts. Wait a minute, then try again.";
  return reasonOf(error);
}

/** Where the visitor wanted to go; only paths of this site. */
function goalOf(state: unknown): string {
  const from = typeof state === "object" && state !== null && "from" in state ? state.from : null;
  return typeof from === "string" && from.startsWith("/") && !from.startsWith("//") ? from : "/";
}
