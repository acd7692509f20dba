import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";

import { cohortsQuery } from "./cohort-cache";

/** The page that showed the cohort must leave before its data go: `onDeleted` is called in between. */
export function useDeleteCohort(id: string, onDeleted: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (name: string) => {
      await api.DELETE("/api/cohorts/{cohort_id}/", { params: { path: { cohort_id: id } }, body: { name } });
    },
    onSuccess: () => {
      onDeleted();
      return queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey });
    },
  });
}
