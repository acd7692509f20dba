"use client";

import { LoadFailure } from "@/components/failure";
import { Numbered, Plain, Waiting } from "@/components/file-text";
import { Panel } from "@/components/panel";
import type { PastEntry } from "@/lib/api/types";
import { ago } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { type Student, useFile, useFolder } from "./api";

/** A file's text, read again whenever its folder says that it changed. */
export function FileNow({ one, file }: { one: Student; file: PastEntry }) {
  const now = useNow(5_000);
  const folder = useFolder(one, file.path.split("/").slice(0, -1).join("/"));
  const found = folder.data?.items.find(({ path }) => path === file.path);
  // A folder with very many files lists only the first: what was chosen is in it.
  const gone = folder.data !== undefined && found === undefined;
  const entry = found ?? file;
  const content = useFile(one, file.path, `${entry.size} ${entry.changed_at ?? ""}`);
  const changed = entry.changed_at === null ? "" : `Last changed ${ago(entry.changed_at, now)}`;
  return (
    <Panel id="file" title={file.name} description={gone ? "This file is not there any more." : changed}>
      {content.data === undefined ? (
        <Waiting query={content} title="The file cannot be shown" />
      ) : (
        <>
          {content.error !== null && !gone && (
            <div className="mb-3">
              <LoadFailure query={content} error={content.error} title="The newest text cannot be shown" />
            </div>
          )}
          {content.data.cut && <p className="mb-2 text-sm text-muted">The file is long. This is its start.</p>}
          {content.data.text === null ? (
            <p className="text-sm text-muted">This is no text, so it cannot be shown.</p>
          ) : content.data.text === "" ? (
            <Plain text="" />
          ) : (
            <Numbered text={content.data.text} label={`Content of ${file.name}`} />
          )}
        </>
      )}
    </Panel>
  );
}
