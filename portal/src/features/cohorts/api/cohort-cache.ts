import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import type { CohortDetail } from "@/lib/api/types";

export const cohortsQuery = queryOptions({
  queryKey: ["cohorts"],
  queryFn: ({ signal }) => answer(api.GET("/api/cohorts/", { signal })),
});

export const cohortQuery = (id: string) =>
  queryOptions({
    queryKey: ["cohort", id],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cohorts/{cohort_id}/", { params: { path: { cohort_id: id } }, signal })),
  });

export const candidatesQuery = (id: string) =>
  queryOptions({
    queryKey: ["cohort", id, "candidates"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cohorts/{cohort_id}/candidates/", { params: { path: { cohort_id: id } }, signal })),
  });

export const instructorsQuery = queryOptions({
  queryKey: ["instructors"],
  queryFn: ({ signal }) => answer(api.GET("/api/cohorts/instructors/", { signal })),
});

/** What changed is shown at once; lists that may show it too are asked for again. */
function putCohort(queryClient: QueryClient, cohort: CohortDetail): void {
  queryClient.setQueryData(cohortQuery(cohort.id).queryKey, cohort);
  void queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey });
  void queryClient.invalidateQueries({ queryKey: ["cohort"], predicate: ({ queryKey }) => queryKey.length > 2 });
}

/** A change of a cohort whose answer is the cohort. One that was refused may mean that the page is out of date. */
export function useCohortMutation<Variables = void>(mutationFn: (variables: Variables) => Promise<CohortDetail>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (cohort) => putCohort(queryClient, cohort),
    onError: (error) => {
      if (error instanceof ApiError && (error.status === 404 || error.status === 409)) {
        void queryClient.invalidateQueries({ queryKey: ["cohort"] });
      }
    },
  });
}
