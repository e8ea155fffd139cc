import { Box } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "react-router";
import { ErrorNotice, Waiting } from "../components/chrome";
import { queries } from "../store/queries";

/** Pages for someone logged in; others are sent to the log-in page and come back after it. */
export function RequireUser() {
  const me = useQuery(queries.me());
  const location = useLocation();
  if (me.isPending) return <Waiting what="your account" />;
  if (me.isError) {
    return (
      <Box maw={560} mx="auto" mt={80} px="md">
        <ErrorNotice
          title="Netquarium cannot be reached"
          error={me.error}
          onRetry={() => void me.refetch()}
        />
      </Box>
    );
  }
  if (me.data === null) {
    return <Navigate to="/login" replace state={{ from: location.pathname + location.search }} />;
  }
  return <Outlet />;
}
