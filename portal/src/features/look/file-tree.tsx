"use client";

import { ChevronDownIcon, ChevronRightIcon, FileIcon } from "lucide-react";
import { useState } from "react";

import { Waiting } from "@/components/file-text";
import type { PastEntry } from "@/lib/api/types";

import { type Student, useFolder } from "./api";

/** Where students work: open from the start. */
const PROJECT = "project";

interface FileTreeProps {
  one: Student;
  path: string;
  chosen: string | undefined;
  onChoose: (file: PastEntry) => void;
}

/** The files of a folder as they are now; each folder in it opens on its own. */
export function FileTree({ one, path, chosen, onChoose }: FileTreeProps) {
  const folder = useFolder(one, path);
  if (folder.data === undefined) return <Waiting query={folder} title="The files cannot be shown" />;
  const { items, cut } = folder.data;
  if (items.length === 0) return <p className="px-2 py-1 text-sm text-muted">No files.</p>;
  return (
    <ul>
      {items.map((entry) => (
        <li key={entry.path}>
          {entry.is_folder ? (
            <Folder one={one} entry={entry} chosen={chosen} onChoose={onChoose} />
          ) : (
            <button
              type="button"
              aria-current={entry.path === chosen || undefined}
              onClick={() => onChoose(entry)}
              className={`${ROW} aria-[current]:bg-accent-soft`}
            >
              <FileIcon className="size-4 shrink-0 text-muted" aria-hidden="true" />
              <span className="wrap-anywhere">{entry.name}</span>
            </button>
          )}
        </li>
      ))}
      {cut && <li className="px-2 py-1 text-sm text-muted">There are more files; these are the first.</li>}
    </ul>
  );
}

const ROW = "flex min-h-8 w-full min-w-0 items-center gap-2 rounded-lg px-2 py-1 text-left text-sm hover:bg-sunken";

function Folder({ entry, ...rest }: Omit<FileTreeProps, "path"> & { entry: PastEntry }) {
  const [open, setOpen] = useState(entry.path === PROJECT);
  const Icon = open ? ChevronDownIcon : ChevronRightIcon;
  return (
    <>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className={ROW}>
        <Icon className="size-4 shrink-0 text-muted" aria-hidden="true" />
        <span className="font-medium wrap-anywhere">{entry.name}</span>
      </button>
      {open && (
        <div className="ml-4 border-l border-line pl-1">
          <FileTree path={entry.path} {...rest} />
        </div>
      )}
    </>
  );
}
