import { useQuery } from "@tanstack/react-query";

import { cohortQuery } from "./cohort-cache";

/** `id` null: not known yet, or the person may not see cohorts. */
export function useCohort(id: string | null) {
  return useQuery({ ...cohortQuery(id ?? ""), enabled: id !== null });
}
