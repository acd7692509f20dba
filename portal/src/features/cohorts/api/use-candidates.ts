import { useQuery } from "@tanstack/react-query";

import { candidatesQuery } from "./cohort-cache";

export function useCandidates(cohortId: string) {
  return useQuery(candidatesQuery(cohortId));
}
