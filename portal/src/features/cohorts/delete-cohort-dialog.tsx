"use client";

import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field } from "@/components/field";
import { explain } from "@/lib/api/errors";
import type { CohortDetail } from "@/lib/api/types";

import { useDeleteCohort } from "./api/use-delete-cohort";

interface DeleteCohortDialogProps {
  cohort: CohortDetail;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteCohortDialog({ cohort, onClose, onDeleted }: DeleteCohortDialogProps) {
  const remove = useDeleteCohort(cohort.id, onDeleted);
  const [typed, setTyped] = useState("");
  const matches = typed.trim() === cohort.name;
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (matches && !remove.isPending) remove.mutate(cohort.name);
  };
  return (
    <Dialog title="Delete this cohort?" onClose={onClose}>
      <form onSubmit={submit}>
        <p className="mt-2 text-sm text-pretty text-muted">
          The cohort and its timetable go for good. Its students stay, with their accounts and workspaces; they are in
          no cohort then.
        </p>
        <p className="mt-4 text-sm">
          To confirm, type its name: <strong className="font-semibold wrap-anywhere">{cohort.name}</strong>
        </p>
        <div className="mt-3">
          <Field
            label="Name of the cohort"
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
            Delete cohort
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
