"use client";

import { DownloadIcon } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Failure, LoadFailure } from "@/components/failure";
import { LoadingPanel, Panel } from "@/components/panel";
import { StaffOnly } from "@/features/cohorts/staff-only";
import { ApiError } from "@/lib/api/errors";
import type { SubmissionList } from "@/lib/api/types";
import { useIsClient } from "@/lib/use-is-client";
import { useMayChange } from "@/lib/session/may-change";
import { usePageTitle } from "@/lib/use-page-title";
import { useLastingError } from "@/lib/use-lasting-error";

import { addressOf, type AssignmentKey, useCollect, useReturnAll, useRunChecks, useSubmissions } from "./api";
import { SubmissionRow } from "./submission-row";

/** One static page for all assignments, as with cohorts: the ids come from the address. */
export function SubmissionsPage() {
  const path = usePathname();
  const [, , cohort = "", , assignment = ""] = useIsClient() ? path.split("/") : [];
  const known = cohort !== "" && assignment !== "";
  return <StaffOnly>{() => <Submissions key={path} id={known ? { cohort, assignment } : null} />}</StaffOnly>;
}

function Submissions({ id }: { id: AssignmentKey | null }) {
  const list = useSubmissions(id);
  const error = useLastingError(list);
  if (id !== null && list.data !== undefined) return <SubmissionsView id={id} list={list.data} />;
  if (error === null) return <LoadingPanel label="Loading the assignment" />;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 422);
  if (!gone) return <LoadFailure query={list} error={error} title="The assignment cannot be shown right now" />;
  return (
    <Alert
      tone="info"
      title="Assignment not found"
      action={
        <Link href="/cohorts" className={buttonClass("secondary")}>
          Your cohorts
        </Link>
      }
    >
      It was deleted, or you no longer teach its cohort.
    </Alert>
  );
}

export function SubmissionsView({ id, list }: { id: AssignmentKey; list: SubmissionList }) {
  const mayChange = useMayChange();
  usePageTitle(list.title);
  const collected = mayChange ? "when you press Collect now" : "when an instructor asks for them";
  const [returning, setReturning] = useState(false);
  const collect = useCollect(id);
  const runChecks = useRunChecks(id);
  const unseen = list.items.filter(
    ({ mark, comment, files, returned_at, changed_since }) =>
      changed_since || (returned_at === null && (mark !== "" || comment !== "" || files > 0)),
  ).length;
  return (
    <>
      <p className="mb-2 text-sm">
        <Link href={`/cohorts/${id.cohort}`} className="font-medium text-accent underline-offset-4 hover:underline">
          Back to the cohort
        </Link>
      </p>
      <h1 className="mb-6 text-2xl font-semibold tracking-tight wrap-anywhere sm:text-3xl">{list.title}</h1>
      <Panel
        id="handed-in"
        title="Handed in"
        description={
          list.due_at_local === null
            ? `There is no due time, so copies are taken ${collected}.`
            : `A copy of each student's folder is taken at the due time, ${shownLocal(list.due_at_local)} (${list.time_zone}), and ${collected}. Nothing changes in a student's workspace.`
        }
      >
        <div className="flex flex-wrap gap-3">
          {mayChange && (
            <Button busy={collect.isPending} onClick={() => collect.mutate(null)}>
              Collect now
            </Button>
          )}
          {mayChange && list.has_check && (
            <Button busy={runChecks.isPending} onClick={() => runChecks.mutate()}>
              Run checks again
            </Button>
          )}
          <a href={addressOf(id, "zip/")} download className={buttonClass("secondary")}>
            <DownloadIcon className="size-4" />
            All files as a zip
          </a>
          <a href={addressOf(id, "marks/")} download className={buttonClass("secondary")}>
            <DownloadIcon className="size-4" />
            Marks as CSV
          </a>
          {mayChange && unseen > 0 && (
            <Button tone="primary" onClick={() => setReturning(true)}>
              Return {unseen === 1 ? "one" : unseen}
            </Button>
          )}
        </div>
        <Failure error={collect.error ?? runChecks.error} />
        {list.items.length === 0 ? (
          <p className="mt-4 text-sm text-muted">This cohort has no students yet.</p>
        ) : (
          <ul className="mt-5 divide-y divide-line border-y border-line">
            {list.items.map((submission) => (
              <SubmissionRow
                key={submission.student_id}
                id={id}
                submission={submission}
                hasDueTime={list.due_at_local !== null}
                folder={list.shows_history ? list.folder : undefined}
              />
            ))}
          </ul>
        )}
      </Panel>
      {returning && <ReturnDialog id={id} count={unseen} onClose={() => setReturning(false)} />}
    </>
  );
}

function ReturnDialog({ id, count, onClose }: { id: AssignmentKey; count: number; onClose: () => void }) {
  return (
    <ConfirmDialog
      title={count === 1 ? "Return to one student?" : `Return to ${count} students?`}
      action="Return"
      tone="primary"
      mutation={useReturnAll(id)}
      onClose={onClose}
    >
      From then on each of them sees their own mark and comment on the dashboard, as they are now.
    </ConfirmDialog>
  );
}

/** A time on the cohort's clocks, as it is: the browser must not move it. */
export function shownLocal(local: string): string {
  return new Date(`${local}Z`).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
}
