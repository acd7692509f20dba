"use client";

import { DownloadIcon } from "lucide-react";
import { useState } from "react";

import { Button, buttonClass } from "@/components/button";
import { Field } from "@/components/field";
import type { components } from "@/lib/api/schema.gen";
import type { Submission } from "@/lib/api/types";
import { base64 } from "@/lib/base64";

import { type AssignmentKey, returnFilesAddress } from "./api";

export const BYTES_MAX = 4_000_000;
type Upload = components["schemas"]["UploadIn"];
/** What saving does with the files: nothing, or these take the place of those that are there. */
export type FilesChoice = { files: Upload[] | null } | { problem: string };

/** A choice of files that come back with mark and comment. */
export function ReturnFiles({
  id,
  submission: { student_id, files },
  problem,
}: {
  id: AssignmentKey;
  submission: Submission;
  problem?: string | undefined;
}) {
  const [removed, setRemoved] = useState(false);
  return (
    <div className="space-y-2">
      <Field
        label="Files (optional)"
        name="files"
        type="file"
        multiple
        className="py-2 file:mr-3 file:rounded-md file:border-0 file:bg-sunken file:px-3 file:py-1.5 file:text-sm file:text-ink"
        hint="Such as your corrections, at most 4 MB. They come into the student's project, in a folder next to the work. A single zip is unpacked."
        error={problem}
      />
      {files > 0 && !removed && (
        <div className="flex flex-wrap items-center gap-2 text-sm">
          <p className="text-muted">
            {files === 1 ? "One file is" : `${files} files are`} there. What you choose above takes{" "}
            {files === 1 ? "its" : "their"} place.
          </p>
          <a href={returnFilesAddress(id, student_id)} download className={buttonClass("secondary")}>
            <DownloadIcon className="size-4" />
            Download
          </a>
          <Button onClick={() => setRemoved(true)}>Remove {files === 1 ? "it" : "them"}</Button>
        </div>
      )}
      {removed && (
        <p role="status" className="text-sm text-muted">
          Saving removes {files === 1 ? "the file" : "the files"}. What a student has already stays there.
        </p>
      )}
      <input type="hidden" name="files_removed" value={removed ? "yes" : ""} />
    </div>
  );
}

/** What was chosen in a form, or why it cannot be sent. */
export async function readFiles(form: HTMLFormElement): Promise<FilesChoice> {
  const input = form.elements.namedItem("files");
  const picked = input instanceof HTMLInputElement ? Array.from(input.files ?? []) : [];
  if (picked.length === 0) {
    const removed = new FormData(form).get("files_removed") === "yes";
    return { files: removed ? [] : null };
  }
  const size = picked.reduce((sum, file) => sum + file.size, 0);
  if (size > BYTES_MAX) {
    const shown = (size / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });
    return { problem: `These files have ${shown} MB together. The limit is 4 MB.` };
  }
  try {
    const read = async (file: File) => ({
      name: file.name,
      content: base64(new Uint8Array(await file.arrayBuffer())),
    });
    return { files: await Promise.all(picked.map(read)) };
  } catch {
    return { problem: "A file could not be read. Check that it still exists, then choose it again." };
  }
}
