"use client";

import type { SubmitEvent } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Skeleton } from "@/components/panel";
import { explain } from "@/lib/api/errors";
import type { CohortDetail } from "@/lib/api/types";

import { useInstructors } from "./api/use-instructors";
import { useSetInstructors } from "./api/use-set-instructors";

export function InstructorsDialog({ cohort, onClose }: { cohort: CohortDetail; onClose: () => void }) {
  const instructors = useInstructors();
  const set = useSetInstructors(cohort.id);
  const error = set.error ?? instructors.error;
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const ids = new FormData(event.currentTarget).getAll("instructor").filter((value) => typeof value === "string");
    if (!set.isPending) void set.mutateAsync(ids).then(onClose, () => undefined);
  };
  return (
    <Dialog title={`Who teaches ${cohort.name}?`} onClose={onClose}>
      <form onSubmit={submit}>
        {error !== null && (
          <div className="mt-4">
            <Alert tone="bad" urgent>
              {explain(error)}
            </Alert>
          </div>
        )}
        {instructors.isPending && <Skeleton className="mt-4 h-20 w-full" />}
        {instructors.data?.items.length === 0 && (
          <p className="mt-2 text-sm text-muted">
            This school has no instructor yet. Invite one in the administration.
          </p>
        )}
        <fieldset className="mt-3 max-h-72 overflow-y-auto">
          <legend className="sr-only">Instructors</legend>
          {instructors.data?.items.map(({ id, name }) => (
            <label key={id} className="flex min-h-11 items-center gap-3 px-1 text-sm">
              <input
                type="checkbox"
                name="instructor"
                value={id}
                defaultChecked={cohort.instructors.some((instructor) => instructor.id === id)}
                className="size-5 accent-accent"
              />
              {name}
            </label>
          ))}
        </fieldset>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={set.isPending} unavailable={instructors.data === undefined}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
