"use client";

import { RssIcon, UploadIcon } from "lucide-react";
import { type ChangeEvent, useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Failure } from "@/components/failure";
import { Panel, Skeleton } from "@/components/panel";
import { ApiError } from "@/lib/api/errors";
import type { CohortDetail } from "@/lib/api/types";
import { base64 } from "@/lib/base64";
import { useMayChange } from "@/lib/session/may-change";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { usePreviewTimetable, useRemoveTimetable, useSetTimetable } from "./api";
import { ClassList } from "./class-list";
import { FeedState } from "./feed-state";
import { FollowAddress } from "./follow-address";
import { countOf } from "./model/class-times";
import { Notes } from "./notes";

/** A little more than the server accepts (in UTF-16, twice 256 kB); larger files are not sent. */
const FILE_BYTES_MAX = 530_000;

interface ChosenFile {
  name: string;
  /** Its bytes in Base64: the server finds out their encoding. */
  bytes: string;
}

export function TimetablePanel({ cohort }: { cohort: CohortDetail }) {
  const mayChange = useMayChange();
  const nowMs = useNow(60_000);
  const { timetable } = cohort;
  const [removing, setRemoving] = useState(false);
  return (
    <Panel
      id="timetable"
      title="Timetable"
      description={
        timetable === null
          ? !mayChange
            ? "This cohort has no timetable yet."
            : "Upload the classes as an iCalendar file (.ics) or follow a calendar's address, and workspaces are ready when each class begins."
          : `Classes in the next 14 days, in the time zone ${cohort.time_zone}.`
      }
    >
      {timetable !== null && (
        <>
          <ClassList classes={timetable.classes} timeZone={cohort.time_zone} />
          <Notes
            notes={timetable.classes.length === 0 ? ["There are no classes in the next 14 days."] : timetable.notes}
          />
          {timetable.feed === null ? (
            <p className="mt-5 border-t border-line pt-4 text-sm wrap-anywhere text-muted">
              <span className="text-ink">{timetable.file_name}</span>, uploaded{" "}
              {timetable.uploaded_by !== null && `by ${timetable.uploaded_by}, `}
              {clock(timetable.uploaded_at, nowMs)}
            </p>
          ) : (
            <FeedState feed={timetable.feed} timeZone={cohort.time_zone} />
          )}
        </>
      )}
      {mayChange && <Upload cohort={cohort} onRemove={() => setRemoving(true)} />}
      {removing && <RemoveDialog cohort={cohort} onClose={() => setRemoving(false)} />}
    </Panel>
  );
}

function Upload({ cohort, onRemove }: { cohort: CohortDetail; onRemove: () => void }) {
  const preview = usePreviewTimetable(cohort.id);
  const set = useSetTimetable(cohort.id);
  const [file, setFile] = useState<ChosenFile | null>(null);
  const [following, setFollowing] = useState(false);
  const [localError, setLocalError] = useState<string | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const choose = useRef<HTMLButtonElement>(null);
  const follow = useRef<HTMLButtonElement>(null);

  const forget = () => {
    setFile(null);
    setLocalError(null);
    preview.reset();
    set.reset();
  };

  const chosen = async (event: ChangeEvent<HTMLInputElement>) => {
    const [picked] = event.target.files ?? [];
    // Otherwise choosing the same file again, after correcting it, would not fire this event.
    event.target.value = "";
    if (picked === undefined) return;
    forget();
    setFollowing(false);
    setSaved(null);
    if (picked.size > FILE_BYTES_MAX) {
      setLocalError(`${picked.name} is too large. Export only the classes of this cohort, or only this year.`);
      return;
    }
    try {
      const bytes = base64(new Uint8Array(await picked.arrayBuffer()));
      setFile({ name: picked.name, bytes });
      preview.mutate(bytes);
    } catch {
      setLocalError(`${picked.name} could not be read. Check that the file still exists, then choose it again.`);
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
          {cohort.timetable === null ? "Upload timetable" : "Replace timetable"}
        </Button>
        <Button
          ref={follow}
          aria-expanded={following}
          onClick={() => {
            forget();
            setSaved(null);
            setFollowing(!following);
          }}
        >
          <RssIcon className="size-4" />
          {cohort.timetable?.feed ? "Follow another address" : "Follow an address"}
        </Button>
        {cohort.timetable !== null && (
          <Button tone="quiet" onClick={onRemove}>
            Remove
          </Button>
        )}
      </div>
      {following && (
        <FollowAddress
          cohort={cohort}
          onFollowed={(host) => {
            setSaved(`The calendar at ${host}`);
            setFollowing(false);
            follow.current?.focus();
          }}
          onCancel={() => {
            setFollowing(false);
            follow.current?.focus();
          }}
        />
      )}
      <div className="mt-4 space-y-4 empty:hidden">
        {localError !== null && (
          <Alert tone="bad" urgent>
            {localError}
          </Alert>
        )}
        {saved !== null && (
          <Alert tone="good" urgent>
            {saved} is now the timetable.
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
  if (faults.length === 0) return <Failure error={error} />;
  return (
    <Alert tone="bad" title={`${fileName} cannot be used as a timetable. Nothing was changed.`} urgent>
      <ul className="mt-2 list-disc space-y-1.5 pl-5 wrap-anywhere">
        {faults.map((fault) => (
          <li key={fault}>{fault}</li>
        ))}
      </ul>
    </Alert>
  );
}

function RemoveDialog({ cohort, onClose }: { cohort: CohortDetail; onClose: () => void }) {
  return (
    <ConfirmDialog
      title="Remove the timetable?"
      action="Remove timetable"
      mutation={useRemoveTimetable(cohort.id)}
      onClose={onClose}
    >
      Workspaces are no longer prepared for the classes of {cohort.name}. You can upload a timetable again at any time.
    </ConfirmDialog>
  );
}
