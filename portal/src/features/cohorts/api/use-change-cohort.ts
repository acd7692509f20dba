import { answer, api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema.gen";

import { useCohortMutation } from "./cohort-cache";

export function useChangeCohort(id: string) {
  return useCohortMutation((body: components["schemas"]["ChangeCohortIn"]) =>
    answer(api.PATCH("/api/cohorts/{cohort_id}/", { params: { path: { cohort_id: id } }, body })),
  );
}
