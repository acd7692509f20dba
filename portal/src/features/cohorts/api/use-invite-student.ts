import { useMutation } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { Cohort } from "@/lib/api/types";

/** Invites somebody who has no account; they join the cohort by signing up. */
export function useInviteStudent(cohort: Cohort) {
  return useMutation({
    mutationFn: (email: string) =>
      answer(
        api.POST("/api/invitations/", { body: { email, role: "student", track: cohort.track, cohort_id: cohort.id } }),
      ),
  });
}
