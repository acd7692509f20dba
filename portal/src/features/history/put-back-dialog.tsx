"use client";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Failure } from "@/components/failure";
import type { PutBackResult } from "@/lib/api/types";

import { type OwnPlace, usePutBack } from "./api";

interface PutBackProps {
  place: OwnPlace;
  /** The name of the file or folder, or "everything". */
  what: string;
  /** "Today, 10:40" */
  when: string;
  onClose: () => void;
}

export function PutBackDialog(props: PutBackProps) {
  return (
    <Dialog title={`Put ${props.what} back?`} onClose={props.onClose}>
      <PutBack {...props} />
    </Dialog>
  );
}

/** Says what will happen, does it, and says what came of it. */
export function PutBack({ place, what, when, onClose }: PutBackProps) {
  const putBack = usePutBack(place);
  if (putBack.data !== undefined) return <Done result={putBack.data} onClose={onClose} />;
  return (
    <>
      <DialogText>
        {what === "everything" ? "All files become" : `“${what}” becomes`} as it was: {when}. What is there now is kept
        first as a moment of its own, so you can undo this. Files that are only there now stay.
      </DialogText>
      <Failure error={putBack.error} title="Not everything could be put back" />
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="primary" busy={putBack.isPending} onClick={() => putBack.mutate()}>
          Put back
        </Button>
      </DialogActions>
    </>
  );
}

function Done({
  result: { files, left_out, left_out_count },
  onClose,
}: {
  result: PutBackResult;
  onClose: () => void;
}) {
  return (
    <>
      <div role="status" className="mt-3 text-sm">
        <p>{doneWords(files, left_out_count)}</p>
        {left_out_count > 0 && (
          <>
            <p className="mt-2">
              {left_out_count === 1 ? "One file was not put back:" : `${left_out_count} files were not put back:`}
            </p>
            <ul className="mt-1 space-y-1 text-muted">
              {left_out.map(({ name, reason }) => (
                <li key={name} className="wrap-anywhere">
                  <code>{name}</code> {reason}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      <DialogActions>
        <Button tone="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </>
  );
}

function doneWords(files: number, leftOut: number): string {
  if (files === 0) return leftOut === 0 ? "It is already as it was; nothing changed." : "Nothing was changed.";
  return files === 1 ? "One file is back as it was." : `${files} files are back as they were.`;
}
