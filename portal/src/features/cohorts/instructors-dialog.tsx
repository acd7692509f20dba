"use client";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Form } from "@/components/form";
import { Skeleton } from "@/components/panel";
import type { CohortDetail } from "@/lib/api/types";

import { useInstructors, useSetInstructors } from "./api";

export function InstructorsDialog({ cohort, onClose }: { cohort: CohortDetail; onClose: () => void }) {
  const instructors = useInstructors();
  const set = useSetInstructors(cohort.id);
  const submit = (_: unknown, form: HTMLFormElement) => {
    const ids = new FormData(form).getAll("instructor").filter((value) => typeof value === "string");
    void set.mutateAsync(ids).then(onClose, () => undefined);
  };
  return (
    <Dialog title={`Who teaches ${cohort.name}?`} onClose={onClose}>
      <Form
        error={set.error ?? instructors.error}
        busy={set.isPending || instructors.data === undefined}
        onSubmit={submit}
      >
        {instructors.isPending && <Skeleton className="mt-4 h-20 w-full" />}
        {instructors.data?.items.length === 0 && (
          <DialogText>
            This school has no instructors or teaching assistants yet. Invite one under Administration, All records.
          </DialogText>
        )}
        <fieldset className="mt-3 max-h-72 overflow-y-auto">
          <legend className="sr-only">Instructors</legend>
          {instructors.data?.items.map(({ id, name, role }) => (
            <label key={id} className="flex min-h-11 items-center gap-3 px-1 text-sm">
              <input
                type="checkbox"
                name="instructor"
                value={id}
                defaultChecked={cohort.instructors.some((instructor) => instructor.id === id)}
                className="size-5 accent-accent"
              />
              {role === "assistant" ? `${name} (teaching assistant)` : name}
            </label>
          ))}
        </fieldset>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={set.isPending} unavailable={instructors.data === undefined}>
            Save
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
