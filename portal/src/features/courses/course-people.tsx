"use client";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { countOf } from "@/features/cohorts/model/class-times";
import { changes, imported } from "@/features/cohorts/model/imported";
import { RosterPreview } from "@/features/cohorts/roster-preview";
import { explain } from "@/lib/api/errors";
import type { CohortDetail, CourseState } from "@/lib/api/types";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useImportPeople, usePreviewPeople } from "./api";

/** The course's list of people: shown first, imported on request. */
export function CoursePeople({ cohort, state }: { cohort: CohortDetail; state: CourseState }) {
  const nowMs = useNow(30_000);
  const preview = usePreviewPeople(cohort.id);
  const importing = useImportPeople(cohort.id);
  const platform = state.platform ?? "The learning platform";
  const check = () => {
    importing.reset();
    preview.mutate();
  };
  return (
    <section aria-labelledby="course-people" className="mt-5 border-t border-line pt-4">
      <h3 id="course-people" className="font-semibold">
        People
      </h3>
      {!state.shares_people ? (
        <p className="mt-1 text-sm text-pretty wrap-anywhere text-muted">
          {platform} does not share the course&apos;s list of people. Students join when they open ApraNova from the
          course.
        </p>
      ) : (
        <>
          <p className="mt-1 text-sm text-muted">
            {state.roster_at === null
              ? "The course's learners were not imported yet."
              : `The course's learners were imported last ${clock(state.roster_at, nowMs)}.`}{" "}
            Nothing changes before you import.
          </p>
          <Button className="mt-3" busy={preview.isPending} onClick={check}>
            Check the course&apos;s people
          </Button>
        </>
      )}
      <div className="mt-4 space-y-4 empty:hidden">
        {preview.isError && (
          <Alert tone="bad" title="Nothing was changed." urgent>
            {explain(preview.error)}
          </Alert>
        )}
        {importing.isSuccess && (
          <Alert tone="good" urgent>
            {imported(importing.data)}
          </Alert>
        )}
        {preview.isSuccess && !importing.isSuccess && (
          <RosterPreview name={state.course ?? "The course"} roster={preview.data}>
            {importing.isError && (
              <Alert tone="bad" title="Nothing was imported." urgent>
                {explain(importing.error)}
              </Alert>
            )}
            <Button
              tone="primary"
              className="mt-5"
              busy={importing.isPending}
              unavailable={changes(preview.data) === 0}
              onClick={() => importing.mutate()}
            >
              {changes(preview.data) === 0
                ? "Nothing to import"
                : `Import ${countOf(changes(preview.data), "student")}`}
            </Button>
          </RosterPreview>
        )}
      </div>
    </section>
  );
}
