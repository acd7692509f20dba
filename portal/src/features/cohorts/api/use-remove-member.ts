import { answer, api } from "@/lib/api/client";

import { useCohortMutation } from "./cohort-cache";

export function useRemoveMember(cohortId: string) {
  return useCohortMutation((studentId: string) =>
    answer(
      api.DELETE("/api/cohorts/{cohort_id}/members/{student_id}/", {
        params: { path: { cohort_id: cohortId, student_id: studentId } },
      }),
    ),
  );
}
