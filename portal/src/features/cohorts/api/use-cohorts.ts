import { useQuery } from "@tanstack/react-query";

import { cohortsQuery } from "./cohort-cache";

/** `enabled`: the person is one who may see cohorts. */
export function useCohorts(enabled = true) {
  return useQuery({ ...cohortsQuery, enabled });
}
