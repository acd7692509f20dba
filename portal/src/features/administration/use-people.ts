import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { useReauthentication } from "@/features/account/reauthentication";
import { AuthenticationNeeded } from "@/lib/allauth/client";
import { proofsOf } from "@/lib/allauth/proofs";
import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import type { paths } from "@/lib/api/schema.gen";
import { useMe } from "@/lib/session/use-me";

export type PeopleWanted = NonNullable<paths["/api/console/people/"]["get"]["parameters"]["query"]>;

export function usePeople(wanted: PeopleWanted) {
  return useQuery({
    queryKey: ["console", "people", wanted],
    queryFn: ({ signal }) => answer(api.GET("/api/console/people/", { params: { query: wanted }, signal })),
    placeholderData: keepPreviousData,
  });
}

export type PersonAction = "deactivate" | "reactivate" | "end-sessions" | "reset-second-factor" | "erase" | "keep";

/** The list is loaded again, also when the change was refused: the page may be out of date. */
export function usePersonAction(id: string, action: PersonAction) {
  const queryClient = useQueryClient();
  const reauthenticated = useReauthentication();
  const me = useMe();
  return useMutation({
    mutationFn: (name: string) =>
      reauthenticated(async () => {
        try {
          return await send(id, action, name);
        } catch (error) {
          if (!(error instanceof ApiError) || error.reason !== "reauthentication_required") throw error;
          throw new AuthenticationNeeded(true, proofsOf(me.data));
        }
      }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["console", "people"] }),
  });
}

function send(id: string, action: PersonAction, name: string) {
  const options = { params: { path: { person_id: id } } };
  switch (action) {
    case "deactivate":
      return answer(api.POST("/api/console/people/{person_id}/deactivate/", options));
    case "reactivate":
      return answer(api.POST("/api/console/people/{person_id}/reactivate/", options));
    case "end-sessions":
      return answer(api.POST("/api/console/people/{person_id}/end-sessions/", options));
    case "erase":
      return answer(api.POST("/api/console/people/{person_id}/erase/", { ...options, body: { name } }));
    case "keep":
      return answer(api.DELETE("/api/console/people/{person_id}/erase/", options));
    case "reset-second-factor":
      return answer(api.POST("/api/console/people/{person_id}/reset-second-factor/", options));
  }
}
