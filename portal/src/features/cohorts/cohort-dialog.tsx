"use client";

import { type SubmitEvent, useRef } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, SelectField } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { useFocusFirstInvalid } from "@/components/use-focus-first-invalid";
import type { Cohort, CohortDetail } from "@/lib/api/types";
import { formText } from "@/lib/form-text";
import { TRACK_NAMES } from "@/lib/roles";

import { useChangeCohort } from "./api/use-change-cohort";
import { useCreateCohort } from "./api/use-create-cohort";

const stay = () => undefined;

interface CohortDialogProps {
  /** The one to change; none: a new one. */
  cohort?: CohortDetail;
  onClose: () => void;
  onDone: (cohort: CohortDetail) => void;
}

export function CohortDialog({ cohort, onClose, onDone }: CohortDialogProps) {
  const create = useCreateCohort();
  const change = useChangeCohort(cohort?.id ?? "");
  const { error, isPending } = cohort === undefined ? create : change;
  const form = useRef<HTMLFormElement>(null);
  useFocusFirstInvalid(form, error);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isPending) return;
    const element = event.currentTarget;
    const values = { name: formText(element, "name").trim(), time_zone: formText(element, "time_zone").trim() };
    const done =
      cohort === undefined
        ? create.mutateAsync({ ...values, track: formText(element, "track") as Cohort["track"] })
        : change.mutateAsync({ ...values, active: formText(element, "active") === "on" });
    void done.then((changed) => {
      onClose();
      onDone(changed);
    }, stay);
  };

  return (
    <Dialog title={cohort === undefined ? "Create a cohort" : "Change the cohort"} onClose={onClose}>
      <form ref={form} onSubmit={submit} className="mt-4 space-y-4">
        <FormError error={error} fields={["name", "time_zone", "track"]} />
        <Field
          label="Name"
          name="name"
          required
          maxLength={100}
          autoComplete="off"
          placeholder="Berlin-3"
          defaultValue={cohort?.name}
          error={fieldError(error, "name")}
        />
        {cohort === undefined && (
          <SelectField
            label="Track"
            name="track"
            defaultValue="FSD"
            hint="It cannot be changed later."
            error={fieldError(error, "track")}
          >
            {Object.entries(TRACK_NAMES).map(([track, name]) => (
              <option key={track} value={track}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
        <Field
          label="Time zone"
          name="time_zone"
          required
          list="time-zones"
          autoComplete="off"
          spellCheck={false}
          defaultValue={cohort?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone}
          hint="Where the classes are."
          error={fieldError(error, "time_zone")}
        />
        <datalist id="time-zones">
          {Intl.supportedValuesOf("timeZone").map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        {cohort !== undefined && (
          <div className="flex items-start gap-3 text-sm">
            <input
              id="active"
              type="checkbox"
              name="active"
              defaultChecked={cohort.active}
              aria-describedby="active-hint"
              className="mt-0.5 size-5 accent-accent"
            />
            <div>
              <label htmlFor="active" className="font-medium">
                Active
              </label>
              <p id="active-hint" className="text-muted">
                Off when the term is over: nothing is made ready for its classes any more.
              </p>
            </div>
          </div>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={isPending}>
            {cohort === undefined ? "Create cohort" : "Save"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
