"use client";

import { EllipsisIcon, FilePlusIcon } from "lucide-react";
import Link from "next/link";
import { useId, useState } from "react";

import { Button } from "@/components/button";
import { LoadFailure } from "@/components/failure";
import { Menu } from "@/components/menu";
import { Panel, Skeleton } from "@/components/panel";
import type { Assignment, CohortDetail } from "@/lib/api/types";
import { useMayChange } from "@/lib/session/may-change";
import { useLastingError } from "@/lib/use-lasting-error";

import { useAssignments } from "./api";
import { ChangeDialog, CreateDialog, DeleteAssignmentDialog, UpdateDialog } from "./assignment-dialogs";
import { CheckDialog } from "./check-dialog";
import { AssignmentStudents } from "./assignment-students";

/** What a cohort was given. Only where students have files: Superset has none. */
export function AssignmentsPanel({ cohort }: { cohort: CohortDetail }) {
  const mayChange = useMayChange();
  const [creating, setCreating] = useState(false);
  const assignments = useAssignments(cohort.id);
  const error = useLastingError(assignments);
  const items = assignments.data?.items;
  return (
    <Panel
      id="assignments"
      title="Assignments"
      description="Files that are handed out come into each student's project, and never replace what a student wrote."
    >
      {error !== null && (
        <LoadFailure query={assignments} error={error} title="The assignments cannot be shown right now" />
      )}
      {items === undefined && error === null && (
        <div role="status" className="mb-5">
          <span className="sr-only">Loading the assignments</span>
          <Skeleton className="h-12 w-full" />
        </div>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className="mb-6 divide-y divide-line border-y border-line">
          {items.map((assignment) => (
            <Row key={assignment.id} cohort={cohort} assignment={assignment} />
          ))}
        </ul>
      )}
      {mayChange && (
        <Button onClick={() => setCreating(true)}>
          <FilePlusIcon className="size-4" />
          Hand out an assignment
        </Button>
      )}
      {!mayChange && items?.length === 0 && <p className="text-sm text-muted">Nothing was handed out yet.</p>}
      {creating && <CreateDialog cohort={cohort} onClose={() => setCreating(false)} />}
    </Panel>
  );
}

function Row({ cohort, assignment }: { cohort: CohortDetail; assignment: Assignment }) {
  const mayChange = useMayChange();
  const [open, setOpen] = useState(false);
  const [dialog, setDialog] = useState<"change" | "update" | "check" | "delete" | null>(null);
  const students = useId();
  const close = () => setDialog(null);
  return (
    <li className="py-3">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1 text-sm">
          <p className="font-medium wrap-anywhere">{assignment.title}</p>
          <p className="wrap-anywhere text-muted">
            <code>~/project/{assignment.folder}</code>
            {assignment.version > 1 && ` · version ${assignment.version}`}
          </p>
          <p className="text-muted">{times(assignment)}</p>
          {assignment.app_start !== "" && (
            <p className="wrap-anywhere text-muted">
              Starts by itself: <code>{assignment.app_start}</code>
              {assignment.app_port !== 0 && `, shown from port ${assignment.app_port}`}
            </p>
          )}
          <Progress assignment={assignment} />
        </div>
        {mayChange && (
          <Menu
            label={`Actions for ${assignment.title}`}
            button={<EllipsisIcon />}
            buttonClassName="text-muted hover:text-ink hover:bg-sunken grid size-10 place-items-center rounded-lg"
            entries={[
              { label: "Change title and times …", onSelect: () => setDialog("change") },
              { label: "Hand out new files …", onSelect: () => setDialog("update") },
              { label: "Check of the work …", onSelect: () => setDialog("check") },
              { label: "Delete …", danger: true, onSelect: () => setDialog("delete") },
            ]}
          />
        )}
      </div>
      {assignment.released && (
        <Link
          href={`/cohorts/${cohort.id}/assignments/${assignment.id}`}
          className="mr-5 inline-flex min-h-10 items-center text-sm font-medium text-accent underline-offset-4 hover:underline"
        >
          Handed in <span className="sr-only">for {assignment.title}</span>
        </Link>
      )}
      <Button
        tone="quiet"
        className="mt-1 -ml-4"
        aria-expanded={open}
        aria-controls={students}
        onClick={() => setOpen(!open)}
      >
        {open ? "Hide students" : "Show students"} <span className="sr-only">of {assignment.title}</span>
      </Button>
      <div id={students}>{open && <AssignmentStudents cohortId={cohort.id} id={assignment.id} />}</div>
      {dialog === "change" && <ChangeDialog cohort={cohort} assignment={assignment} onClose={close} />}
      {dialog === "update" && <UpdateDialog cohort={cohort} assignment={assignment} onClose={close} />}
      {dialog === "check" && <CheckDialog cohort={cohort} assignment={assignment} onClose={close} />}
      {dialog === "delete" && <DeleteAssignmentDialog cohort={cohort} assignment={assignment} onClose={close} />}
    </li>
  );
}

function Progress({ assignment: { released, handed_out, failed, students } }: { assignment: Assignment }) {
  if (!released) return null;
  const waiting = students - handed_out - failed;
  return (
    <p>
      Handed out to {handed_out} of {students}
      {waiting > 0 && <span className="text-muted"> · {waiting} when they next open their workspace</span>}
      {failed > 0 && <span className="text-bad"> · {failed} failed</span>}
    </p>
  );
}

/** On the cohort's clocks: "Released 30 Nov 2026, 09:00 · due …". */
function times({ released, releases_at_local, due_at_local }: Assignment): string {
  const due = due_at_local === null ? "" : ` · due ${shown(due_at_local)}`;
  return `${released ? "Released" : "Releases"} ${shown(releases_at_local)}${due}`;
}

/** A time without a zone, as it is: the browser must not move it. */
function shown(local: string): string {
  return new Date(`${local}Z`).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
}
