"use client";

import { Button, buttonClass } from "@/components/button";
import { Failure } from "@/components/failure";
import { Plain } from "@/components/file-text";
import { Panel } from "@/components/panel";
import type { OwnAssignment, OwnCheck } from "@/lib/api/types";
import { clock, fullDate } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useOwnAssignments, useRunOwnCheck } from "./api";
import { BesideList } from "./beside-list";

/** What a student's cohort handed out; nothing while there is nothing. */
export function OwnAssignments() {
  const { data } = useOwnAssignments();
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Panel id="own-assignments" title="Assignments" description="Your instructor's files are in your project.">
      <ul className="divide-y divide-line border-y border-line">
        {data.items.map((assignment) => (
          <Row key={assignment.id} assignment={assignment} />
        ))}
      </ul>
    </Panel>
  );
}

function Row({ assignment }: { assignment: OwnAssignment }) {
  const { title, path, due_at, state, text, beside, beside_count } = assignment;
  const now = useNow(60_000);
  return (
    <li className="py-3 text-sm">
      <div className="flex flex-wrap justify-between gap-x-4">
        <p className="font-medium wrap-anywhere">{title}</p>
        {due_at !== null && <p className="text-muted">Due {clock(due_at, now)}</p>}
      </div>
      <p className="wrap-anywhere text-muted">
        {state === "handed_out" ? (
          <>
            In your workspace: <code>{path}</code>
          </>
        ) : state === "failed" ? (
          <span className="text-bad">{text}</span>
        ) : (
          <>
            Open your workspace to get it. It will be in <code>{path}</code>
          </>
        )}
      </p>
      <HandedIn assignment={assignment} />
      {assignment.check !== null && state === "handed_out" && (
        <Check assignment={assignment} check={assignment.check} />
      )}
      {beside.length > 0 && (
        <>
          <p className="mt-2">
            {beside_count === 1 ? "One file" : `${beside_count} files`} came beside yours. Compare them, keep what you
            want, and delete the other:
          </p>
          <BesideList files={beside} count={beside_count} by="you" />
        </>
      )}
    </li>
  );
}

/** The instructor's check, which the student runs as often as they like. */
function Check({
  assignment: { id, title },
  check: { run, shows_output },
}: {
  assignment: OwnAssignment;
  check: OwnCheck;
}) {
  const start = useRunOwnCheck(id);
  const waits = run?.state === "waiting";
  return (
    <div className="mt-2">
      <Button busy={start.isPending || waits} onClick={() => start.mutate()}>
        {run === null ? "Check my work" : "Check again"} <span className="sr-only">in {title}</span>
      </Button>
      <div role="status" className="mt-1">
        {run !== null && (
          <p className={run.state === "passed" ? "text-good" : waits ? "text-muted" : "text-bad"}>{run.text}</p>
        )}
      </div>
      {run !== null && shows_output && run.output !== "" && (
        <details className="mt-1">
          <summary className="cursor-pointer">Output{run.output_cut && ", shortened"}</summary>
          <Plain text={run.output} label={`Output of the check of ${title}`} />
        </details>
      )}
      <Failure error={start.error} />
    </div>
  );
}

/** What the instructor collected and, once it is returned, what came back. */
function HandedIn({ assignment }: { assignment: OwnAssignment }) {
  const { handed_in_at, late, returned_at, mark, comment } = assignment;
  return (
    <>
      {handed_in_at !== null && (
        <p className="text-muted">
          Handed in {fullDate(handed_in_at)}
          {late && ", late"}
        </p>
      )}
      {returned_at !== null && (
        <div className="mt-2 rounded-lg border border-line bg-sunken p-3">
          {mark !== "" && <p className="font-medium wrap-anywhere">Mark: {mark}</p>}
          {comment !== "" && <p className="mt-1 wrap-anywhere whitespace-pre-wrap">{comment}</p>}
          {assignment.returned_files > 0 && <Returned assignment={assignment} />}
        </div>
      )}
    </>
  );
}

/** Files that came back: in the workspace, and to save here also while it is stopped. */
function Returned({ assignment }: { assignment: OwnAssignment }) {
  const { id, title, returned_files, returned_path, returned_state, returned_text } = assignment;
  return (
    <div className="mt-2 space-y-2">
      <p className="wrap-anywhere">
        {returned_files === 1 ? "One file" : `${returned_files} files`} came back, for <code>{returned_path}</code>.{" "}
        <span className={returned_state === "failed" ? "text-bad" : "text-muted"}>{returned_text}</span>
      </p>
      <a href={`/api/assignments/${id}/returned/`} download className={buttonClass("secondary")}>
        Download <span className="sr-only">the files that came back with {title}</span>
      </a>
    </div>
  );
}
