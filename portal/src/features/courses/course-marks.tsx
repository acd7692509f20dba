"use client";

import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import { countOf } from "@/features/cohorts/model/class-times";
import type { CohortDetail, CourseState } from "@/lib/api/types";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useSendMarks } from "./api";

/** Marks that were returned, on their way to the course's gradebook. */
export function CourseMarks({ cohort, state }: { cohort: CohortDetail; state: CourseState }) {
  const nowMs = useNow(30_000);
  const send = useSendMarks(cohort.id);
  if (cohort.track !== "FSD") return null; // these have assignments
  const platform = state.platform ?? "The learning platform";
  const { marks_sent, marks_waiting, mark_problems } = state;
  return (
    <section aria-labelledby="course-marks" className="mt-5 border-t border-line pt-4">
      <h3 id="course-marks" className="font-semibold">
        Marks
      </h3>
      {!state.shares_gradebook ? (
        <p className="mt-1 text-sm text-pretty wrap-anywhere text-muted">
          {platform} does not share the course&apos;s gradebook. Export marks as CSV on the assignment&apos;s page.
        </p>
      ) : (
        <>
          <p role="status" className="mt-1 text-sm text-pretty text-muted">
            Marks that you return go to the course&apos;s gradebook by themselves, when they are written as 17/20 or 85
            %. {countOf(marks_sent, "mark is", "marks are")} there
            {marks_waiting > 0 ? `, ${countOf(marks_waiting, "mark is", "marks are")} on the way.` : "."}
          </p>
          {mark_problems.length > 0 && (
            <>
              <h4 className="mt-3 text-sm font-medium">Not in the gradebook yet</h4>
              <ul className="mt-1 space-y-2 text-sm">
                {mark_problems.map(({ student, assignment, text, tried_again_at }, index) => (
                  // Two students may have the same name.
                  <li key={`${index} ${student} ${assignment}`} className="wrap-anywhere">
                    <span className="font-medium">
                      {student} · {assignment}
                    </span>
                    <span className="block text-muted">
                      {text}
                      {tried_again_at !== null && ` It is tried again at ${clock(tried_again_at, nowMs)}.`}
                    </span>
                  </li>
                ))}
              </ul>
            </>
          )}
          <Failure error={send.error} />
          <Button className="mt-3" busy={send.isPending} onClick={() => send.mutate()}>
            Send missing marks again
          </Button>
        </>
      )}
    </section>
  );
}
