"use client";

import { UploadIcon } from "lucide-react";
import { type ChangeEvent, useEffect, useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { TextAreaField } from "@/components/field";
import { Form } from "@/components/form";
import { Skeleton } from "@/components/panel";
import { explain } from "@/lib/api/errors";
import type { CohortDetail, Roster } from "@/lib/api/types";
import { base64 } from "@/lib/base64";

import { type RosterSource, useImportRoster, usePreviewRoster } from "./api";
import { countOf } from "./model/class-times";
import { changes } from "./model/imported";
import { RosterPreview } from "./roster-preview";

/** A little less than the server accepts; larger files are not sent. */
const FILE_BYTES_MAX = 520_000;

interface ImportListProps {
  cohort: CohortDetail;
  onImported: (done: Roster) => void;
  onCancel: () => void;
}

/** Takes a pasted list or a file, shows what will happen to each line, and imports it on request. */
export function ImportList({ cohort, onImported, onCancel }: ImportListProps) {
  const preview = usePreviewRoster(cohort.id);
  const importing = useImportRoster(cohort.id);
  const [source, setSource] = useState<{ name: string; sent: RosterSource } | null>(null);
  const [text, setText] = useState("");
  const [localError, setLocalError] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);

  const show = (name: string, sent: RosterSource) => {
    setLocalError(null);
    importing.reset();
    setSource({ name, sent });
    preview.mutate(sent);
  };

  const pasted = () => {
    if (text.trim() === "") setLocalError("Paste a list first: a line for each person, with an email address.");
    else if (!preview.isPending) show("The list", { content: text });
  };

  const chosen = async (event: ChangeEvent<HTMLInputElement>) => {
    const [picked] = event.target.files ?? [];
    // Otherwise choosing the same file again, after correcting it, would not fire this event.
    event.target.value = "";
    if (picked === undefined) return;
    preview.reset();
    setSource(null);
    if (picked.size > FILE_BYTES_MAX) {
      setLocalError(`${picked.name} is too large. Save only the sheet with the list, as CSV.`);
      return;
    }
    try {
      show(picked.name, { content: "", file: base64(new Uint8Array(await picked.arrayBuffer())) });
    } catch {
      setLocalError(`${picked.name} could not be read. Check that the file still exists, then choose it again.`);
    }
  };

  const error = localError ?? (preview.isError ? explain(preview.error) : null);
  return (
    <section aria-labelledby="import-list" className="mt-6 border-t border-line pt-5">
      <h3 id="import-list" className="font-semibold">
        Import a list
      </h3>
      <Form className="mt-3 space-y-4" onSubmit={pasted}>
        <TextAreaField
          ref={area}
          label="Names and email addresses"
          hint="Paste them from a spreadsheet or an email, or choose a file from Excel, Google, Moodle, Canvas or Untis. Nothing changes before you import."
          rows={5}
          spellCheck={false}
          autoComplete="off"
          placeholder={"Ada Lovelace\tada@school.example\nBen Larsen\tben@school.example"}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods"
          className="sr-only"
          aria-label="List of students"
          tabIndex={-1}
          onChange={(event) => void chosen(event)}
        />
        <div className="flex flex-wrap gap-3 max-sm:flex-col">
          <Button type="submit" tone={preview.isSuccess ? "secondary" : "primary"} busy={preview.isPending}>
            Check the list
          </Button>
          <Button onClick={() => input.current?.click()}>
            <UploadIcon className="size-4" />
            Choose a file
          </Button>
          <Button tone="quiet" onClick={onCancel}>
            Cancel
          </Button>
        </div>
      </Form>
      <div className="mt-4 space-y-4 empty:hidden">
        {error !== null && (
          <Alert
            tone="bad"
            title={localError === null ? "This list cannot be used. Nothing was changed." : undefined}
            urgent
          >
            {error}
          </Alert>
        )}
        {preview.isPending && (
          <div role="status">
            <span className="sr-only">Reading the list</span>
            <Skeleton className="h-24 w-full" />
          </div>
        )}
        {preview.isSuccess && source !== null && (
          <RosterPreview name={source.name} roster={preview.data}>
            {importing.isError && (
              <Alert tone="bad" title="Nothing was imported." urgent>
                {explain(importing.error)}
              </Alert>
            )}
            <div className="mt-5 flex flex-wrap items-center gap-3 max-sm:flex-col max-sm:items-stretch">
              <Button
                tone="primary"
                busy={importing.isPending}
                unavailable={changes(preview.data) === 0}
                onClick={() => void importing.mutateAsync(source.sent).then(onImported, () => undefined)}
              >
                {changes(preview.data) === 0
                  ? "Nothing to import"
                  : `Import ${countOf(changes(preview.data), "student")}`}
              </Button>
            </div>
          </RosterPreview>
        )}
      </div>
    </section>
  );
}
