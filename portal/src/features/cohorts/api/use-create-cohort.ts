import { answer, api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema.gen";

import { useCohortMutation } from "./cohort-cache";

export function useCreateCohort() {
  return useCohortMutation((body: components["schemas"]["CreateCohortIn"]) =>
    answer(api.POST("/api/cohorts/", { body })),
  );
}
