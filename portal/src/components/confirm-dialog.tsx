"use client";

import type { ReactNode } from "react";

import { Button, type ButtonTone } from "./button";
import { Dialog, DialogActions, DialogText } from "./dialog";
import { Failure } from "./failure";

interface ConfirmDialogProps {
  title: string;
  /** What the button does, in a verb. */
  action: string;
  tone?: ButtonTone;
  mutation: { isPending: boolean; error: Error | null; mutateAsync: () => Promise<unknown> };
  onClose: () => void;
  /** What does not fit into a paragraph of text, below it. */
  details?: ReactNode;
  children: ReactNode;
}

/** Asks before something is done. After a failure the dialog stays open and says why. */
export function ConfirmDialog({
  title,
  action,
  tone = "danger",
  mutation,
  onClose,
  details,
  children,
}: ConfirmDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <DialogText>{children}</DialogText>
      {details}
      <Failure error={mutation.error} />
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          tone={tone}
          busy={mutation.isPending}
          // The promise, not a callback of `mutate`: a callback is dropped when the new state
          // unmounts this dialog.
          onClick={() => void mutation.mutateAsync().then(onClose, () => undefined)}
        >
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
