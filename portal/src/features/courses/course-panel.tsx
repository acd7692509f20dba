"use client";

import { useState } from "react";

import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { LoadFailure } from "@/components/failure";
import { Panel } from "@/components/panel";
import type { CohortDetail, CourseState } from "@/lib/api/types";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useCourseState, useDisconnectCourse } from "./api";
import { CourseMarks } from "./course-marks";
import { CoursePeople } from "./course-people";

/** The cohort's course at the school's learning platform; nothing where the school has none. */
export function CoursePanel({ cohort }: { cohort: CohortDetail }) {
  const state = useCourseState(cohort.id);
  if (state.isPending || (state.data?.platform === null && state.data.course === null)) return null;
  return (
    <Panel
      id="course"
      title="Course"
      description={`The course in ${state.data?.platform ?? "your learning platform"} that this cohort belongs to.`}
    >
      {state.data === undefined ? (
        <LoadFailure query={state} error={state.error} title="The course cannot be shown" />
      ) : (
        <State cohort={cohort} state={state.data} />
      )}
    </Panel>
  );
}

function State({ cohort, state }: { cohort: CohortDetail; state: CourseState }) {
  const nowMs = useNow(30_000);
  const [ending, setEnding] = useState(false);
  const platform = state.platform ?? "your learning platform";
  if (state.course === null) {
    return (
      <p className="text-sm text-pretty wrap-anywhere text-muted">
        No course is connected. Open ApraNova from your course in {platform} once; then you choose the cohort. Students
        who open it from there join by themselves.
      </p>
    );
  }
  return (
    <>
      <p className="font-medium wrap-anywhere">{state.course}</p>
      <p className="mt-1 text-sm text-muted">
        {state.connected_at !== null && `Connected ${clock(state.connected_at, nowMs)}. `}
        {cohort.active
          ? "Students who open ApraNova from it join this cohort."
          : "The cohort is inactive, so nobody joins it from there."}
      </p>
      <CoursePeople cohort={cohort} state={state} />
      <CourseMarks cohort={cohort} state={state} />
      <div className="mt-5 border-t border-line pt-4">
        <Button tone="quiet" onClick={() => setEnding(true)}>
          Disconnect …
        </Button>
      </div>
      {ending && <Disconnect cohort={cohort} title={state.course} onClose={() => setEnding(false)} />}
    </>
  );
}

function Disconnect({ cohort, title, onClose }: { cohort: CohortDetail; title: string; onClose: () => void }) {
  return (
    <ConfirmDialog
      title="Disconnect the course?"
      action="Disconnect"
      mutation={useDisconnectCourse(cohort.id)}
      onClose={onClose}
    >
      Nobody joins {cohort.name} from {title} any more, and no marks are sent there. Its students stay. You can connect
      it again from the course.
    </ConfirmDialog>
  );
}
