"use client";

import { DownloadIcon } from "lucide-react";
import { useState } from "react";

import { Button, buttonClass } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { Difference, Plain, Waiting } from "@/components/file-text";
import type { Checkpoint } from "@/lib/api/types";

import { fileAddress, isOwn, NOW, type Place, useFile } from "./api";
import { PutBack } from "./put-back-dialog";

interface PastFileDialogProps {
  place: Place;
  name: string;
  before: Checkpoint | undefined;
  when: string;
  onClose: () => void;
}

/** One file as it was: its text, what changed since, and the way back. As it is now: its text. */
export function PastFileDialog({ place, name, before, when, onClose }: PastFileDialogProps) {
  const [asks, setAsks] = useState(false);
  return (
    <Dialog wide title={`${name}: ${when}`} onClose={onClose}>
      {asks && isOwn(place) ? (
        <PutBack place={place} what={name} when={when} onClose={onClose} />
      ) : (
        <>
          <div className="mt-4 space-y-4">
            <Content place={place} before={before} />
          </div>
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
            {isOwn(place) && (
              <>
                <a href={fileAddress(place)} download className={buttonClass("secondary")}>
                  <DownloadIcon className="size-4" />
                  Download
                </a>
                {place.checkpoint !== NOW && (
                  <Button tone="primary" onClick={() => setAsks(true)}>
                    Put this file back …
                  </Button>
                )}
              </>
            )}
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

function Content({ place, before }: { place: Place; before: Checkpoint | undefined }) {
  const own = isOwn(place);
  const isNow = place.checkpoint === NOW;
  const [against, setAgainst] = useState<string>(own && !isNow ? NOW : (before?.id ?? ""));
  const file = useFile(place, against);
  const what = against === NOW ? "now" : "then";
  return (
    <>
      {!isNow && (
        <SelectField label="Show" value={against} onChange={(event) => setAgainst(event.target.value)}>
          {own && <option value={NOW}>What changed since then, up to now</option>}
          {before !== undefined && <option value={before.id}>Compared with the moment before</option>}
          <option value="">The whole file as it was</option>
        </SelectField>
      )}
      {file.data === undefined ? (
        <Waiting query={file} title="The file cannot be shown" />
      ) : (
        <>
          {file.data.missing_there && (
            <p className="text-sm">
              {against === NOW ? "This file is not there any more." : "This file was not there in the moment before."}{" "}
              This is how it was:
            </p>
          )}
          {file.data.compared && file.data.lines.length === 0 && (
            <p className="text-sm">The file is the same {what}. This is its text:</p>
          )}
          {file.data.cut && (
            <p className="text-sm text-muted">
              The file is long. This is its start{own && "; download it to see all of it"}.
            </p>
          )}
          {file.data.compared && file.data.lines.length > 0 ? (
            <Difference lines={file.data.lines} label="What changed" />
          ) : (
            <Plain text={file.data.text} />
          )}
        </>
      )}
    </>
  );
}
