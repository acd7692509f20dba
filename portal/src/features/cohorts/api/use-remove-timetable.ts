import { answer, api } from "@/lib/api/client";

import { useCohortMutation } from "./cohort-cache";

export function useRemoveTimetable(cohortId: string) {
  return useCohortMutation(() =>
    answer(api.DELETE("/api/cohorts/{cohort_id}/timetable/", { params: { path: { cohort_id: cohortId } } })),
  );
}
