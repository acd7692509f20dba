"use client";

import { type SubmitEvent, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field } from "@/components/field";
import { explain } from "@/lib/api/errors";
import type { Workspace } from "@/lib/api/types";

import { useDelete } from "./api/use-delete";
import { useRestart } from "./api/use-restart";
import { KIND_WORDS } from "./model/kinds";

interface DialogProps {
  workspace: Workspace;
  onClose: () => void;
}

/** After a failure the dialog stays and shows it. */
const stay = () => undefined;

/** Phones and Macs turn the apostrophe in "Amira's" into a curly one while it is typed. */
const straighten = (name: string) => name.trim().replace(/[‘’]/g, "'");

export function RestartDialog({ workspace, onClose }: DialogProps) {
  const restart = useRestart(workspace.id);
  return (
    <Dialog title="Restart your workspace?" onClose={onClose}>
      <p className="mt-2 text-sm text-pretty text-muted">
        Everything is saved first. {KIND_WORDS[workspace.kind].restart}
      </p>
      {restart.isError && (
        <div className="mt-4">
          <Alert tone="bad" urgent>
            {explain(restart.error)}
          </Alert>
        </div>
      )}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          tone="primary"
          busy={restart.isPending}
          // The promise, not a callback of `mutate`: that one is dropped when the new state takes this dialog away.
          onClick={() => void restart.mutateAsync().then(onClose, stay)}
        >
          Restart
        </Button>
      </DialogActions>
    </Dialog>
  );
}

export function DeleteDialog({ workspace, onClose }: DialogProps) {
  const remove = useDelete(workspace.id);
  const [typed, setTyped] = useState("");
  const matches = straighten(typed) === straighten(workspace.name);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (matches) void remove.mutateAsync(workspace.name).then(onClose, stay);
  };
  return (
    <Dialog title="Delete this workspace?" onClose={onClose}>
      <form onSubmit={submit}>
        <p className="mt-2 text-sm text-pretty text-muted">
          The workspace stops, and {KIND_WORDS[workspace.kind].contents} are marked for removal. You can undo this for
          some days; after that they are gone for good.
        </p>
        <p className="mt-4 text-sm">
          To confirm, type its name: <strong className="font-semibold wrap-anywhere">{workspace.name}</strong>
        </p>
        <div className="mt-3">
          <Field
            label="Name of the workspace"
            name="name"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={remove.isError ? explain(remove.error) : undefined}
          />
        </div>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="danger" busy={remove.isPending} unavailable={!matches}>
            Delete workspace
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
