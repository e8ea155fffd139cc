import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { Problem } from "./api/problem";
import { Waiting } from "./components/chrome";
import { CataloguePage } from "./pages/CataloguePage";
import { LogInPage } from "./pages/LogInPage";
import { MissingPage } from "./pages/MissingPage";
import { RequireUser } from "./pages/RequireUser";
import { theme } from "./theme";

/** The graph, its layout and the terminals are most of the code; the catalogue does not wait for them. */
const SessionPage = lazy(() => import("./pages/SessionPage"));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => error instanceof Problem && error.isPassing && count < 2,
      retryDelay: (count) => 400 * 2 ** count,
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <Notifications position="bottom-right" />
        <BrowserRouter>
          <Suspense fallback={<Waiting what="the page" />}>
            <Routes>
              <Route path="/login" element={<LogInPage />} />
              <Route element={<RequireUser />}>
                <Route index element={<CataloguePage />} />
                <Route path="/labs/:slug" element={<CataloguePage />} />
                <Route path="/sessions/:id" element={<SessionPage />} />
              </Route>
              <Route path="*" element={<MissingPage />} />
            </Routes>
          </Suspense>
        </BrowserRouter>
      </MantineProvider>
    </QueryClientProvider>
  );
}
