import { answer, api } from "@/lib/api/client";

import { useCohortMutation } from "./cohort-cache";

/** A student joins the cohort, or moves to it. */
export function usePutMember() {
  return useCohortMutation(({ cohortId, studentId }: { cohortId: string; studentId: string }) =>
    answer(
      api.PUT("/api/cohorts/{cohort_id}/members/{student_id}/", {
        params: { path: { cohort_id: cohortId, student_id: studentId } },
      }),
    ),
  );
}
