import { answer, api } from "@/lib/api/client";

import { useCohortMutation } from "./cohort-cache";

export function useSetInstructors(id: string) {
  return useCohortMutation((instructorIds: string[]) =>
    answer(
      api.PUT("/api/cohorts/{cohort_id}/instructors/", {
        params: { path: { cohort_id: id } },
        body: { instructor_ids: instructorIds },
      }),
    ),
  );
}
