"use client";

import { UploadIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Failure, LoadFailure } from "@/components/failure";
import { Field, SelectField } from "@/components/field";
import { Form } from "@/components/form";
import { Panel, Skeleton } from "@/components/panel";
import type { CohortDetail, SharedData, SharedUpload } from "@/lib/api/types";
import { useMayChange } from "@/lib/session/may-change";
import { fullDate } from "@/lib/time";
import { useLastingError } from "@/lib/use-lasting-error";

import { type Chosen, useCancelUpload, useSharedData, useSwitch, useUpload } from "./api";

const FILES_SHOWN = 8;

export function sizeOf(bytes: number): string {
  if (bytes < 1e3) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const [divisor, unit] = bytes < 1e6 ? [1e3, "kB"] : bytes < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  return `${(bytes / divisor).toLocaleString("en", { maximumFractionDigits: 1 })} ${unit}`;
}

/** Files that every workspace of the cohort sees, and none can change. */
export function SharedDataPanel({ cohort }: { cohort: CohortDetail }) {
  const shared = useSharedData(cohort.id);
  const error = useLastingError(shared);
  if (shared.data?.available === false) return null;
  return (
    <Panel
      id="shared-data"
      title="Shared data"
      description="A folder that every workspace of the cohort sees as ~/shared, and no student can change. It is stored once."
    >
      {error !== null && <LoadFailure query={shared} error={error} title="The shared data cannot be shown right now" />}
      {shared.data === undefined && error === null && (
        <div role="status">
          <span className="sr-only">Loading the shared data</span>
          <Skeleton className="h-12 w-full" />
        </div>
      )}
      {shared.data !== undefined && <Content cohort={cohort} shared={shared.data} />}
    </Panel>
  );
}

function Content({ cohort, shared }: { cohort: CohortDetail; shared: SharedData }) {
  const mayChange = useMayChange();
  const [choosing, setChoosing] = useState(false);
  const upload = useUpload(cohort.id);
  const cancel = useCancelUpload(cohort.id);
  const current = shared.versions.find(({ is_current }) => is_current);
  const { id } = upload;
  const percent = Math.floor(upload.part * 100);
  const others = shared.uploads.filter(({ name }) => !(upload.isPending && upload.variables.file.name === name));
  return (
    <>
      {current === undefined ? (
        <p className="text-sm text-muted">The folder is empty.</p>
      ) : (
        <Files shared={shared} count={current.files} bytes={current.bytes} />
      )}
      {upload.isPending && (
        <div className="mt-4 text-sm">
          <label className="block wrap-anywhere">
            Uploading {upload.variables.file.name}: {percent} %. Keep this page open.
            <progress className="mt-1 block h-2 w-full accent-accent" value={percent} max={100} />
          </label>
          {id !== undefined && (
            <Button
              className="mt-2"
              onClick={() => {
                upload.giveUp();
                cancel.mutate(id);
              }}
            >
              Cancel <span className="sr-only">the upload of {upload.variables.file.name}</span>
            </Button>
          )}
        </div>
      )}
      <ul className="mt-4 space-y-2 text-sm empty:hidden">
        {others.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <p className={`min-w-0 flex-1 wrap-anywhere ${one.failure === "" ? "text-muted" : "text-bad"}`}>
              {wordsFor(one)}
            </p>
            {mayChange && (
              <Button onClick={() => cancel.mutate(one.id)}>
                {one.failure === "" ? "Cancel" : "Close"} <span className="sr-only">the upload of {one.name}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Failure error={upload.error ?? cancel.error} />
      {mayChange && (
        <div className="mt-5">
          <Button busy={upload.isPending} onClick={() => setChoosing(true)}>
            <UploadIcon className="size-4" />
            Upload files
          </Button>
        </div>
      )}
      {shared.versions.length > 0 && <Versions cohort={cohort} shared={shared} />}
      {choosing && (
        <UploadDialog
          limit={shared.limit_bytes}
          onChoose={(chosen) => {
            setChoosing(false);
            upload.mutate(chosen);
          }}
          onClose={() => setChoosing(false)}
        />
      )}
    </>
  );
}

function wordsFor({ name, size, received, failure }: SharedUpload): string {
  if (failure !== "") return `${name}: ${failure}`;
  if (received === size) return `${name} has arrived and is being put in place.`;
  return `${name}: ${sizeOf(received)} of ${sizeOf(size)} have arrived.`;
}

function Files({ shared, count, bytes }: { shared: SharedData; count: number; bytes: number }) {
  const shown = shared.files.slice(0, FILES_SHOWN);
  return (
    <div className="text-sm">
      <p className="text-muted">
        {count === 1 ? "One file" : `${count.toLocaleString("en")} files`}, {sizeOf(bytes)}
      </p>
      <ul className="mt-1">
        {shown.map(({ path, size }) => (
          <li key={path} className="wrap-anywhere">
            <code>~/shared/{path}</code> <span className="text-muted">{sizeOf(size)}</span>
          </li>
        ))}
        {count > shown.length && <li className="text-muted">and {(count - shown.length).toLocaleString("en")} more</li>}
      </ul>
    </div>
  );
}

function Versions({ cohort, shared }: { cohort: CohortDetail; shared: SharedData }) {
  const mayChange = useMayChange();
  const change = useSwitch(cohort.id);
  const empty = !shared.versions.some(({ is_current }) => is_current);
  return (
    <details className="mt-5 text-sm">
      <summary className="cursor-pointer">Versions</summary>
      <ul className="mt-2 divide-y divide-line border-y border-line">
        {shared.versions.map(({ number, what, created_at, is_current }) => (
          <li key={number} className="flex flex-wrap items-center gap-x-3 gap-y-2 py-2">
            <p className="min-w-0 flex-1 wrap-anywhere">
              {number}: {what} <span className="text-muted">{fullDate(created_at)}</span>
            </p>
            {is_current ? (
              <span className="text-good">shown to students</span>
            ) : (
              mayChange && (
                <Button busy={change.isPending} onClick={() => change.mutate(number)}>
                  Show <span className="sr-only">version {number}</span> instead
                </Button>
              )
            )}
          </li>
        ))}
      </ul>
      {mayChange && !empty && (
        <Button className="mt-3" busy={change.isPending} onClick={() => change.mutate(0)}>
          Empty the folder
        </Button>
      )}
      <Failure error={change.error} />
    </details>
  );
}

function UploadDialog({
  limit,
  onChoose,
  onClose,
}: {
  limit: number;
  onChoose: (chosen: Chosen) => void;
  onClose: () => void;
}) {
  const [problem, setProblem] = useState<string>();
  return (
    <Dialog title="Upload shared data" onClose={onClose}>
      <DialogText>
        Students see the new version all at once, also in workspaces that run. Up to three versions are kept.
      </DialogText>
      <Form
        className="mt-4 space-y-4"
        onSubmit={(text, form) => {
          const input = form.elements.namedItem("file");
          const file = input instanceof HTMLInputElement ? input.files?.[0] : undefined;
          if (file === undefined) setProblem("Choose a file.");
          else if (file.size === 0) setProblem(`${file.name} is empty.`);
          else if (file.size > limit)
            setProblem(`${file.name} has ${sizeOf(file.size)}. The limit is ${sizeOf(limit)}.`);
          else onChoose({ file, keeps_others: text("keeps") === "yes" });
        }}
      >
        <Field
          label="File"
          name="file"
          type="file"
          className="py-2 file:mr-3 file:rounded-md file:border-0 file:bg-sunken file:px-3 file:py-1.5 file:text-sm file:text-ink"
          hint={`At most ${sizeOf(limit)} for the cohort, all versions together. A zip is unpacked, unless it is an export of dashboards from Superset.`}
          error={problem}
        />
        <SelectField label="What is there already" name="keeps" defaultValue="yes">
          <option value="yes">stays, but for files of the same name</option>
          <option value="no">is removed</option>
        </SelectField>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary">
            Upload
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
