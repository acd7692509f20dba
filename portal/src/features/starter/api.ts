import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { CohortStarter } from "@/lib/api/types";

/** Homes get it when they are opened for the first time: nobody waits for the count. */
const CALM_MS = 30_000;

const ofCohort = (cohort_id: string) => ({ params: { path: { cohort_id } } });

export function useStarter(cohort: string) {
  return useQuery<CohortStarter>({
    queryKey: ["starter", cohort],
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/{cohort_id}/starter/", { ...ofCohort(cohort), signal })),
    refetchInterval: CALM_MS,
  });
}

/** A change after which it is loaded again, also when it was refused. */
function useChange<Variables = void>(cohort: string, mutationFn: (variables: Variables) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => queryClient.invalidateQueries({ queryKey: ["starter", cohort] }) });
}

export function useSetStarter(cohort: string) {
  return useChange(cohort, (file: string) =>
    api.PUT("/api/cohorts/{cohort_id}/starter/", { ...ofCohort(cohort), body: { file } }),
  );
}

export function useRemoveStarter(cohort: string) {
  return useChange(cohort, () => api.DELETE("/api/cohorts/{cohort_id}/starter/", ofCohort(cohort)));
}
