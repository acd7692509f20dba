"use client";

import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, SelectField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import type { Cohort, CohortDetail, Size, WorkspaceSize } from "@/lib/api/types";
import { TRACK_NAMES } from "@/lib/roles";
import { SIZE_NAMES, sizeWords } from "@/lib/sizes";
import { useSizes } from "@/lib/use-sizes";

import { useChangeCohort, useCreateCohort } from "./api";

interface CohortDialogProps {
  /** The cohort to edit; without one, the dialog creates a new one. */
  cohort?: CohortDetail;
  onClose: () => void;
  onDone?: (cohort: CohortDetail) => void;
}

function schoolDefault(sizes: Size[]): string {
  const usual = sizes.find(({ is_default }) => is_default);
  return usual === undefined
    ? "The school's default"
    : `The school's default (${SIZE_NAMES[usual.size].toLowerCase()})`;
}

export function CohortDialog({ cohort, onClose, onDone }: CohortDialogProps) {
  const create = useCreateCohort();
  const change = useChangeCohort(cohort?.id ?? "");
  const sizes = useSizes().data?.items ?? [];
  const { error, isPending } = cohort === undefined ? create : change;

  const submit = (text: (name: string) => string) => {
    const values = {
      name: text("name").trim(),
      time_zone: text("time_zone").trim(),
      // Before the sizes are known, the fields cannot show what the cohort has: it stays.
      ...(sizes.length > 0 && {
        size: (text("size") || null) as WorkspaceSize | null,
        choice_up_to: (text("choice_up_to") || null) as WorkspaceSize | null,
      }),
    };
    const done =
      cohort === undefined
        ? create.mutateAsync({ ...values, track: text("track") as Cohort["track"] })
        : change.mutateAsync({ ...values, active: text("active") === "on" });
    void done.then(
      (changed) => {
        onClose();
        onDone?.(changed);
      },
      () => undefined,
    );
  };

  return (
    <Dialog title={cohort === undefined ? "Create a cohort" : "Edit cohort"} onClose={onClose}>
      <Form
        error={error}
        fields={["name", "time_zone", "track", "size", "choice_up_to"]}
        busy={isPending}
        onSubmit={submit}
        className="mt-4 space-y-4"
      >
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
            hint="The track cannot be changed later."
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
          hint="The time zone in which classes take place."
          error={fieldError(error, "time_zone")}
        />
        <datalist id="time-zones">
          {Intl.supportedValuesOf("timeZone").map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <SelectField
          key={sizes.length}
          label="Workspace size"
          name="size"
          defaultValue={cohort?.size ?? ""}
          hint="How much memory each workspace may use. A change takes effect when a student next launches theirs."
          error={fieldError(error, "size")}
        >
          <option value="">{schoolDefault(sizes)}</option>
          {sizes.map((size) => (
            <option key={size.size} value={size.size}>
              {sizeWords(size)}
            </option>
          ))}
        </SelectField>
        <SelectField
          key={`choice-${sizes.length}`}
          label="Students may choose"
          name="choice_up_to"
          defaultValue={cohort?.choice_up_to ?? ""}
          hint="Their choice replaces the size above, and is recorded in the audit log."
          error={fieldError(error, "choice_up_to")}
        >
          <option value="">No size of their own</option>
          {sizes.map(({ size }) => (
            <option key={size} value={size}>
              {size === "small" ? "Small" : `Up to ${SIZE_NAMES[size].toLowerCase()}`}
            </option>
          ))}
        </SelectField>
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
                Clear this when the term is over. Workspaces are then no longer prepared for its classes.
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
      </Form>
    </Dialog>
  );
}
