"use client";

import { DownloadIcon } from "lucide-react";
import { useState } from "react";

import { Button, buttonClass } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { Difference, Plain, Waiting } from "@/components/file-text";
import { Playback } from "@/features/history/playback";
import type { CheckState, Submission, SubmittedCopy, SubmittedFile } from "@/lib/api/types";
import { fullDate } from "@/lib/time";

import { type AssignmentKey, type CopyKey, fileAddress, useCheckRun, useFile, useFiles } from "./api";

const CHANGES: Record<string, string> = {
  new: "new",
  changed: "changed",
  same: "as handed out",
  missing: "removed by the student",
};

interface WorkDialogProps {
  id: AssignmentKey;
  /** Below ~/project, where the student works on it; undefined: how it grew is not shown. */
  folder?: string | undefined;
  submission: Submission;
  onClose: () => void;
}

/** Files of a student, as plain text: nothing of them is rendered or run. */
export function WorkDialog({ id, folder, submission, onClose }: WorkDialogProps) {
  const { student, student_id, copies } = submission;
  const [number, setNumber] = useState(copies[0]?.number ?? 1);
  const copy = copies.find((one) => one.number === number);
  return (
    <Dialog wide title={`Work of ${student}`} onClose={onClose}>
      <div className="mt-4 space-y-4">
        {copies.length > 1 && (
          <SelectField label="Copy" value={number} onChange={(event) => setNumber(Number(event.target.value))}>
            {copies.map((one) => (
              <option key={one.number} value={one.number}>
                {one.number}: handed in {fullDate(one.handed_in_at)}
                {one.late ? ", late" : ""}
              </option>
            ))}
          </SelectField>
        )}
        {copy !== undefined && <LeftOut copy={copy} />}
        {copy?.check != null && copy.check.state !== "waiting" && (
          <Found key={`check ${number}`} id={{ ...id, student: student_id, number }} check={copy.check} />
        )}
        <Files key={number} id={{ ...id, student: student_id, number }} folder={folder} />
      </div>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}

function LeftOut({ copy: { left_out, left_out_count } }: { copy: SubmittedCopy }) {
  if (left_out_count === 0) return null;
  return (
    <details className="text-sm">
      <summary className="cursor-pointer">
        {left_out_count === 1 ? "One thing is" : `${left_out_count} things are`} not in the copy
      </summary>
      <ul className="mt-2 space-y-1 text-muted">
        {left_out.map(({ path, reason }) => (
          <li key={path} className="wrap-anywhere">
            <code>{path}</code> {reason}
          </li>
        ))}
        {left_out_count > left_out.length && <li>and {left_out_count - left_out.length} more</li>}
      </ul>
    </details>
  );
}

function Found({ id, check }: { id: CopyKey; check: CheckState }) {
  const run = useCheckRun(id, check.text);
  return (
    <details className="text-sm">
      <summary className="cursor-pointer">Check: {check.text}</summary>
      {run.data === undefined ? (
        <Waiting query={run} title="The output cannot be shown right now" />
      ) : run.data.output === "" ? (
        <p className="mt-2 text-muted">The command wrote nothing.</p>
      ) : (
        <>
          {run.data.output_cut && <p className="mt-2 text-muted">The output is long. This is its start and its end.</p>}
          <Plain text={run.data.output} label="Output of the check" />
        </>
      )}
    </details>
  );
}

function Files({ id, folder }: { id: CopyKey; folder: string | undefined }) {
  const files = useFiles(id);
  const [chosen, setChosen] = useState<string>();
  if (files.data === undefined) return <Waiting query={files} title="The files cannot be shown right now" />;
  const { items } = files.data;
  const path = chosen ?? (items.find(({ change }) => change !== "same") ?? items[0])?.path;
  const file = items.find((one) => one.path === path);
  return (
    <>
      <SelectField label="File" value={path} onChange={(event) => setChosen(event.target.value)}>
        {items.map((one) => (
          <option key={one.path} value={one.path}>
            {one.path} ({CHANGES[one.change] ?? one.change})
          </option>
        ))}
      </SelectField>
      {file !== undefined && <File key={file.path} id={id} folder={folder} file={file} />}
    </>
  );
}

interface FileProps {
  id: CopyKey;
  folder: string | undefined;
  file: SubmittedFile;
}

function File({ id, folder, file: { path, change } }: FileProps) {
  const file = useFile(id, path);
  const [whole, setWhole] = useState(false);
  const [grew, setGrew] = useState(false);
  if (file.data === undefined) return <Waiting query={file} title="The file cannot be shown right now" />;
  const { text, cut, compared, lines } = file.data;
  const different = compared && lines.length > 0;
  return (
    <>
      <div className="flex flex-wrap gap-2">
        {folder !== undefined && (
          <Button onClick={() => setGrew(!grew)}>{grew ? "Show what was handed in" : "How it grew"}</Button>
        )}
        {different && text !== null && !grew && (
          <Button aria-pressed={whole} onClick={() => setWhole(!whole)}>
            {whole ? "Show what changed" : "Show the whole file"}
          </Button>
        )}
        {change !== "missing" && (
          <a href={fileAddress(id, path)} download className={buttonClass("secondary")}>
            <DownloadIcon className="size-4" />
            Download
          </a>
        )}
      </div>
      {grew && folder !== undefined && <Playback of={id} path={inHome(folder, path)} />}
      {cut && !grew && (
        <p className="text-sm text-muted">The file is long. This is its start; download it to see all of it.</p>
      )}
      {!grew &&
        (different && !whole ? (
          <Difference lines={lines} label="What changed since it was handed out" />
        ) : (
          <Plain text={text} />
        ))}
    </>
  );
}

/** As the history names it. */
function inHome(folder: string, path: string): string {
  return ["project", folder, ...path.split("/")].map(encodeURIComponent).join("/");
}
