"use client";

import { EllipsisIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import { Menu } from "@/components/menu";
import type { CheckState, Submission, SubmittedCopy } from "@/lib/api/types";
import { useMayChange } from "@/lib/session/may-change";
import { fullDate } from "@/lib/time";

import { type AssignmentKey, useCollect } from "./api";
import { ExtensionDialog, FeedbackDialog } from "./submission-dialogs";
import { WorkDialog } from "./work-dialog";

interface RowProps {
  id: AssignmentKey;
  submission: Submission;
  hasDueTime: boolean;
  /** Of the assignment, where its history may be seen. */
  folder?: string | undefined;
}

/** What one student handed in, and what comes back. */
export function SubmissionRow({ id, submission, hasDueTime, folder }: RowProps) {
  const [dialog, setDialog] = useState<"work" | "feedback" | "extension" | null>(null);
  const mayChange = useMayChange();
  const collect = useCollect(id);
  const close = () => setDialog(null);
  const { student, copies, mark } = submission;
  return (
    <li className="py-3 text-sm">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="font-medium wrap-anywhere">{student}</p>
          <Words submission={submission} />
        </div>
        {mayChange && (
          <Menu
            label={`Actions for ${student}`}
            button={<EllipsisIcon />}
            buttonClassName="text-muted hover:text-ink hover:bg-sunken grid size-10 place-items-center rounded-lg"
            entries={[
              { label: "Collect now", onSelect: () => collect.mutate(submission.student_id) },
              ...(hasDueTime ? [{ label: "A later due time …", onSelect: () => setDialog("extension") }] : []),
            ]}
          />
        )}
      </div>
      <div className="mt-2 flex flex-wrap gap-2">
        {copies.length > 0 && (
          <Button onClick={() => setDialog("work")}>
            Read <span className="sr-only">the work of {student}</span>
          </Button>
        )}
        {mayChange && (
          <Button onClick={() => setDialog("feedback")}>
            {mark === "" ? "Mark" : "Change mark"} <span className="sr-only">of {student}</span>
          </Button>
        )}
      </div>
      <Failure error={collect.error} />
      {dialog === "work" && <WorkDialog id={id} folder={folder} submission={submission} onClose={close} />}
      {dialog === "feedback" && <FeedbackDialog id={id} submission={submission} onClose={close} />}
      {dialog === "extension" && <ExtensionDialog id={id} submission={submission} onClose={close} />}
    </li>
  );
}

function Words({ submission }: { submission: Submission }) {
  const mayChange = useMayChange();
  const { state, text, copies, mark, files, returned_at, changed_since, extended, due_at } = submission;
  const [newest] = copies;
  return (
    <div className="text-muted">
      {newest !== undefined && <HandedIn copy={newest} />}
      {newest?.check != null && <Found check={newest.check} />}
      {state !== "collected" && <p className={state === "failed" ? "text-bad" : undefined}>{text}</p>}
      {extended && due_at !== null && <p>Later due time: {fullDate(due_at)}</p>}
      {mark !== "" && (
        <p className="wrap-anywhere">
          Mark: <span className="text-ink">{mark}</span>
          {returned_at === null && ", which the student does not see yet"}
        </p>
      )}
      {files > 0 && <p>{files === 1 ? "One file comes" : `${files} files come`} back with it</p>}
      {returned_at !== null && (
        <p>
          Returned {fullDate(returned_at)}
          {changed_since &&
            (mayChange
              ? ". Changed since then: return it again to show it to the student"
              : ". Changed since then, which the student does not see yet")}
        </p>
      )}
    </div>
  );
}

function Found({ check: { state, text } }: { check: CheckState }) {
  const tone = state === "passed" ? "text-good" : state === "waiting" ? undefined : "text-bad";
  return (
    <p>
      Check: <span className={tone}>{text}</span>
    </p>
  );
}

function HandedIn({ copy }: { copy: SubmittedCopy }) {
  return (
    <p>
      Handed in {fullDate(copy.handed_in_at)}
      {copy.late && <span className="font-medium text-warn"> · late</span>} · {copy.files}{" "}
      {copy.files === 1 ? "file" : "files"}
      {copy.number > 1 && ` · copy ${copy.number}`}
      {copy.left_out_count > 0 && ` · ${copy.left_out_count} left out`}
    </p>
  );
}
