"use client";

import { type ChangeEvent, useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { UploadIcon } from "@/components/icons";
import { Panel, Skeleton } from "@/components/panel";
import { ApiError, explain } from "@/lib/api/errors";
import type { CohortDetail } from "@/lib/api/types";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { usePreviewTimetable } from "./api/use-preview-timetable";
import { useRemoveTimetable } from "./api/use-remove-timetable";
import { useSetTimetable } from "./api/use-set-timetable";
import { ClassList } from "./class-list";
import { countOf } from "./model/class-times";

/** More than the server takes; what is larger is not even sent. */
const FILE_BYTES_MAX = 400_000;

interface ChosenFile {
  name: string;
  content: string;
}

export function TimetablePanel({ cohort }: { cohort: CohortDetail }) {
  const nowMs = useNow(60_000);
  const { timetable } = cohort;
  const [removing, setRemoving] = useState(false);
  return (
    <Panel
      id="timetable"
      title="Timetable"
      description={
        timetable === null
          ? "Upload the classes as iCalendar (.ics), and workspaces are ready when a class begins."
          : `Classes of the next 14 days, in the time of ${cohort.time_zone}.`
      }
    >
      {timetable !== null && (
        <>
          <ClassList classes={timetable.classes} timeZone={cohort.time_zone} />
          <Notes
            notes={timetable.classes.length === 0 ? ["There is no class in the next 14 days."] : timetable.notes}
          />
          <p className="mt-5 border-t border-line pt-4 text-sm wrap-anywhere text-muted">
            From <span className="text-ink">{timetable.file_name}</span>, uploaded{" "}
            {timetable.uploaded_by !== null && `by ${timetable.uploaded_by}, `}
            {clock(timetable.uploaded_at, nowMs)}
          </p>
        </>
      )}
      <Upload cohort={cohort} onRemove={() => setRemoving(true)} />
      {removing && <RemoveDialog cohort={cohort} onClose={() => setRemoving(false)} />}
    </Panel>
  );
}

function Upload({ cohort, onRemove }: { cohort: CohortDetail; onRemove: () => void }) {
  const preview = usePreviewTimetable(cohort.id);
  const set = useSetTimetable(cohort.id);
  const [file, setFile] = useState<ChosenFile | null>(null);
  const [localError, setLocalError] = useState<string | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const choose = useRef<HTMLButtonElement>(null);

  const forget = () => {
    setFile(null);
    setLocalError(null);
    preview.reset();
    set.reset();
  };

  const chosen = async (event: ChangeEvent<HTMLInputElement>) => {
    const [picked] = event.target.files ?? [];
    // The same file, corrected, may be chosen again at once.
    event.target.value = "";
    if (picked === undefined) return;
    forget();
    setSaved(null);
    if (picked.size > FILE_BYTES_MAX) {
      setLocalError(`${picked.name} is too large for a timetable. Export only this cohort's classes, or this year's.`);
      return;
    }
    try {
      const content = await picked.text();
      setFile({ name: picked.name, content });
      preview.mutate(content);
    } catch {
      setLocalError(`${picked.name} could not be read. Is it still there?`);
    }
  };

  const use = () => {
    if (file === null) return;
    void set.mutateAsync(file).then(
      () => {
        setSaved(file.name);
        forget();
        choose.current?.focus();
      },
      () => undefined,
    );
  };

  return (
    <div className="mt-5">
      <input
        ref={input}
        type="file"
        accept=".ics,.ical,text/calendar"
        className="sr-only"
        aria-label="Timetable file"
        tabIndex={-1}
        onChange={(event) => void chosen(event)}
      />
      <div className="flex flex-wrap gap-3 max-sm:flex-col">
        <Button
          ref={choose}
          tone={cohort.timetable === null ? "primary" : "secondary"}
          onClick={() => input.current?.click()}
        >
          <UploadIcon className="size-4" />
          {cohort.timetable === null ? "Upload a timetable" : "Upload another one"}
        </Button>
        {cohort.timetable !== null && (
          <Button tone="quiet" onClick={onRemove}>
            Remove
          </Button>
        )}
      </div>
      <div className="mt-4 space-y-4 empty:hidden">
        {localError !== null && (
          <Alert tone="bad" urgent>
            {localError}
          </Alert>
        )}
        {saved !== null && (
          <Alert tone="good" urgent>
            {saved} is the timetable now.
          </Alert>
        )}
        {preview.isError && file !== null && <Faults error={preview.error} fileName={file.name} />}
        {preview.isPending && (
          <div role="status">
            <span className="sr-only">Reading {file?.name}</span>
            <Skeleton className="h-24 w-full" />
          </div>
        )}
        {preview.isSuccess && file !== null && (
          <section aria-labelledby="preview" className="rounded-xl border border-accent/40 bg-accent-soft/40 p-5">
            <div role="status">
              <h3 id="preview" className="font-semibold wrap-anywhere">
                {file.name}: {countOf(preview.data.classes.length, "class", "classes")} in the next 14 days
              </h3>
            </div>
            <div className="mt-4">
              <ClassList classes={preview.data.classes} timeZone={cohort.time_zone} />
              <Notes notes={preview.data.notes} />
            </div>
            {set.isError && (
              <div className="mt-4">
                <Faults error={set.error} fileName={file.name} />
              </div>
            )}
            <div className="mt-5 flex flex-wrap gap-3 max-sm:flex-col">
              <Button tone="primary" busy={set.isPending} onClick={use}>
                Use this timetable
              </Button>
              <Button onClick={forget}>Discard</Button>
            </div>
          </section>
        )}
      </div>
    </div>
  );
}

/** What is wrong with a file, line by line. */
function Faults({ error, fileName }: { error: Error; fileName: string }) {
  const faults = error instanceof ApiError ? Object.values(error.fields) : [];
  if (faults.length === 0) {
    return (
      <Alert tone="bad" urgent>
        {explain(error)}
      </Alert>
    );
  }
  return (
    <Alert tone="bad" title={`${fileName} cannot be used as a timetable; nothing was changed`} urgent>
      <ul className="mt-2 list-disc space-y-1.5 pl-5 wrap-anywhere">
        {faults.map((fault) => (
          <li key={fault}>{fault}</li>
        ))}
      </ul>
    </Alert>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="mt-4 space-y-1 text-sm text-muted">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function RemoveDialog({ cohort, onClose }: { cohort: CohortDetail; onClose: () => void }) {
  const remove = useRemoveTimetable(cohort.id);
  return (
    <Dialog title="Remove the timetable?" onClose={onClose}>
      <p className="mt-2 text-sm text-pretty text-muted">
        Nothing is made ready for the classes of {cohort.name} any more. You can upload a timetable again at any time.
      </p>
      {remove.isError && (
        <div className="mt-4">
          <Alert tone="bad" urgent>
            {explain(remove.error)}
          </Alert>
        </div>
      )}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          tone="danger"
          busy={remove.isPending}
          onClick={() => void remove.mutateAsync().then(onClose, () => undefined)}
        >
          Remove timetable
        </Button>
      </DialogActions>
    </Dialog>
  );
}
