import { useMutation } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";

/** What a calendar file would mean; nothing is kept. */
export function usePreviewTimetable(cohortId: string) {
  return useMutation({
    mutationFn: (content: string) =>
      answer(
        api.POST("/api/cohorts/{cohort_id}/timetable/preview/", {
          params: { path: { cohort_id: cohortId } },
          body: { content },
        }),
      ),
  });
}
