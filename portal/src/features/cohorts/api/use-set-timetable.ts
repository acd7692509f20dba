import { answer, api } from "@/lib/api/client";

import { useCohortMutation } from "./cohort-cache";

export function useSetTimetable(cohortId: string) {
  return useCohortMutation((file: { name: string; content: string }) =>
    answer(
      api.PUT("/api/cohorts/{cohort_id}/timetable/", {
        params: { path: { cohort_id: cohortId } },
        body: { file_name: file.name, content: file.content },
      }),
    ),
  );
}
