"use client";

import { FileIcon, FolderIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Waiting } from "@/components/file-text";
import type { Checkpoint, PastEntry } from "@/lib/api/types";
import { byteWords } from "@/lib/bytes";

import { isOwn, NOW, useFolder, type Whose } from "./api";
import { stepsTo } from "./model";
import { PastFileDialog } from "./past-file-dialog";
import { PutBackDialog } from "./put-back-dialog";

interface PastFilesProps {
  of: Whose;
  /** Its id, or NOW. */
  checkpoint: string;
  before: Checkpoint | undefined;
  /** "Today, 10:40" */
  when: string;
}

/** The folders and files of one moment, or as they are; opens where the student works. */
export function PastFiles({ of, checkpoint, before, when }: PastFilesProps) {
  const [path, setPath] = useState("");
  const [file, setFile] = useState<PastEntry>();
  const [folder, setFolder] = useState<PastEntry>();
  const place = { of, checkpoint, path };
  const canPutBack = isOwn(place) && checkpoint !== NOW;
  const entries = useFolder(place);
  return (
    <>
      <Steps path={path} onGo={setPath} />
      {entries.data === undefined ? (
        <Waiting query={entries} title="The files cannot be shown" />
      ) : entries.data.items.length === 0 ? (
        <p className="text-sm text-muted">{checkpoint === NOW ? "There are no files." : "There were no files."}</p>
      ) : (
        <ul className="divide-y divide-line border-y border-line">
          {entries.data.items.map((entry) => (
            <Row
              key={entry.path}
              entry={entry}
              onOpen={() => (entry.is_folder ? setPath(entry.path) : setFile(entry))}
              isNow={checkpoint === NOW}
              onPutBack={canPutBack ? () => setFolder(entry) : undefined}
            />
          ))}
        </ul>
      )}
      {entries.data?.cut === true && (
        <p className="mt-2 text-sm text-muted">There are more files; these are the first.</p>
      )}
      {file !== undefined && (
        <PastFileDialog
          place={{ ...place, path: file.path }}
          name={file.name}
          before={before}
          when={when}
          onClose={() => setFile(undefined)}
        />
      )}
      {folder !== undefined && "workspace" in of && (
        <PutBackDialog
          place={{ of, checkpoint, path: folder.path }}
          what={folder.name}
          when={when}
          onClose={() => setFolder(undefined)}
        />
      )}
    </>
  );
}

function Steps({ path, onGo }: { path: string; onGo: (path: string) => void }) {
  const steps = [{ name: "Home", path: "" }, ...stepsTo(path)];
  return (
    <nav aria-label="Folder" className="mb-3">
      <ol className="flex flex-wrap items-center gap-1 text-sm">
        {steps.map((step, index) => (
          <li key={step.path} className="flex items-center gap-1">
            {index > 0 && <span aria-hidden="true">/</span>}
            <button
              type="button"
              aria-current={step.path === path ? "location" : undefined}
              onClick={() => onGo(step.path)}
              className="rounded px-1 py-1 font-medium wrap-anywhere text-accent underline-offset-4 hover:underline aria-[current]:text-ink"
            >
              {step.name}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

interface RowProps {
  entry: PastEntry;
  /** Nobody has counted what is in its folders. */
  isNow: boolean;
  onOpen: () => void;
  onPutBack: (() => void) | undefined;
}

function Row({ entry, isNow, onOpen, onPutBack }: RowProps) {
  const Icon = entry.is_folder ? FolderIcon : FileIcon;
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 py-1">
      <button
        type="button"
        onClick={onOpen}
        className="flex min-h-10 min-w-0 items-center gap-2 rounded-lg px-2 text-left text-sm hover:bg-sunken"
      >
        <Icon className="size-4 shrink-0 text-muted" aria-hidden="true" />
        <span className="font-medium wrap-anywhere">{entry.name}</span>
        <span className="text-muted">
          {entry.is_folder ? !isNow && `${entry.size} ${entry.size === 1 ? "file" : "files"}` : byteWords(entry.size)}
        </span>
      </button>
      {entry.is_folder && onPutBack !== undefined && (
        <Button tone="quiet" onClick={onPutBack}>
          Put back …<span className="sr-only"> {entry.name}</span>
        </Button>
      )}
    </li>
  );
}
