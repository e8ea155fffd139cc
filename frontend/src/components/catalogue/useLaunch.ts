import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { launch } from "../../api/client";
import { reasonOf } from "../../api/problem";
import { queries } from "../../store/queries";

/** Launch a lab and go to its page; a refusal is told in a notice. */
export function useLaunch() {
  const known = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: launch,
    onSuccess: (session) => {
      known.setQueryData(queries.session(session.id).queryKey, session);
      void known.invalidateQueries({ queryKey: queries.sessions().queryKey, exact: true });
      void navigate(`/sessions/${session.id}`);
    },
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "The lab was not launched",
        message: reasonOf(error),
        autoClose: 12_000,
      }),
  });
}
