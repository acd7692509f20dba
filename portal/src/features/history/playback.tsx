"use client";

import { useEffect, useId, useState } from "react";

import { Button } from "@/components/button";
import { Difference, Plain, Waiting } from "@/components/file-text";
import { ApiError } from "@/lib/api/errors";
import type { FileVersion } from "@/lib/api/types";
import { byteWords } from "@/lib/bytes";
import { fullDate } from "@/lib/time";

import { type Student, useFile, useVersions } from "./api";

/** While a slider is dragged nothing is loaded: each version that is read is in the audit log. */
const RESTS_FOR_MS = 200;

interface PlaybackProps {
  of: Student;
  /** Percent-encoded, below the home. */
  path: string;
}

/** How a student's file grew, from one kept moment to the next, for their instructor. */
export function Playback({ of, path }: PlaybackProps) {
  const versions = useVersions(of, path);
  if (versions.error instanceof ApiError && versions.error.reason === "snapshot_not_found") {
    return (
      <p className="text-sm text-muted">
        No kept moment has this file: it is younger than the newest one, or what was kept of it is gone.
      </p>
    );
  }
  if (versions.data === undefined) return <Waiting query={versions} title="How the file grew cannot be shown" />;
  return <Versions of={of} path={path} items={versions.data.items} cut={versions.data.cut} />;
}

function Versions({ of, path, items, cut }: PlaybackProps & { items: FileVersion[]; cut: boolean }) {
  const [index, setIndex] = useState(items.length - 1);
  const shown = useResting(index);
  const slider = useId();
  const at = items[index];
  const version = items[shown];
  if (at === undefined || version === undefined) return null;
  const words = `${index + 1} of ${items.length}, ${fullDate(at.taken_at)}`;
  const go = (by: number) => setIndex(Math.min(items.length - 1, Math.max(0, index + by)));
  return (
    <div className="space-y-3">
      <div>
        {items.length === 1 ? (
          <p className="text-sm font-medium">Version {words}</p>
        ) : (
          <label htmlFor={slider} className="text-sm font-medium">
            Version {words}
          </label>
        )}
        {items.length > 1 && (
          <div className="mb-1 flex flex-wrap items-center gap-2">
            <input
              id={slider}
              type="range"
              min={0}
              max={items.length - 1}
              value={index}
              aria-valuetext={words}
              onChange={(event) => setIndex(Number(event.target.value))}
              className="h-10 min-w-0 flex-1 basis-full accent-accent sm:basis-0"
            />
            <Button unavailable={index === 0} onClick={() => go(-1)}>
              Earlier
            </Button>
            <Button unavailable={index === items.length - 1} onClick={() => go(1)}>
              Later
            </Button>
          </div>
        )}
        {cut && <p className="text-sm text-muted">There may be earlier versions, which are not shown.</p>}
      </div>
      {version.is_there ? (
        <Version of={of} path={path} version={version} before={items[shown - 1]} isFirst={shown === 0 && !cut} />
      ) : (
        <p className="text-sm">The file was not there any more.</p>
      )}
    </div>
  );
}

interface VersionProps extends PlaybackProps {
  version: FileVersion;
  before: FileVersion | undefined;
  /** No earlier one was kept. */
  isFirst: boolean;
}

function Version({ of, path, version, before, isFirst }: VersionProps) {
  const [whole, setWhole] = useState(false);
  const against = before?.is_there === true ? before.checkpoint : "";
  const file = useFile({ of, checkpoint: version.checkpoint, path }, against, true);
  if (file.data === undefined) return <Waiting query={file} title="This version cannot be shown" />;
  const { text, cut, lines } = file.data;
  const different = lines.length > 0;
  return (
    <div aria-busy={file.isPlaceholderData} className={`space-y-3 ${file.isPlaceholderData ? "opacity-60" : ""}`}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
        <p>{sizeWords(version, before, isFirst)}</p>
        {different && (
          <Button aria-pressed={whole} onClick={() => setWhole(!whole)}>
            {whole ? "Show what changed" : "Show the whole file"}
          </Button>
        )}
      </div>
      {cut && <p className="text-sm text-muted">The file is long. This is its start.</p>}
      {different && !whole ? (
        <Difference lines={lines} label="What changed since the version before" />
      ) : (
        <Plain text={text} />
      )}
    </div>
  );
}

/** "1.2 kB, 300 bytes more than before" */
function sizeWords(version: FileVersion, before: FileVersion | undefined, isFirst: boolean): string {
  const size = byteWords(version.size);
  if (before === undefined) return isFirst ? `${size}, as it was first kept` : size;
  if (!before.is_there) return `${size}, there again`;
  const by = version.size - before.size;
  if (by === 0) return `${size}, the same size as before`;
  return `${size}, ${byteWords(Math.abs(by))} ${by > 0 ? "more" : "less"} than before`;
}

/** A value once it has not changed for a moment. */
function useResting(value: number): number {
  const [resting, setResting] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setResting(value), RESTS_FOR_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return resting;
}
