"use client";

import { type SubmitEvent, useRef } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Field, SelectField } from "@/components/field";
import { fieldError } from "@/components/form-error";
import { useFocusFirstInvalid } from "@/components/use-focus-first-invalid";
import { explain } from "@/lib/api/errors";
import type { CohortDetail } from "@/lib/api/types";
import { formText } from "@/lib/form-text";
import { trackName } from "@/lib/roles";

import { useCandidates } from "./api/use-candidates";
import { useInviteStudent } from "./api/use-invite-student";
import { usePutMember } from "./api/use-put-member";

/** Students who have an account are added; the others are invited, and join by signing up. */
export function AddStudents({ cohort }: { cohort: CohortDetail }) {
  return (
    <div className="grid gap-6 md:grid-cols-2">
      <AddExisting cohort={cohort} />
      <Invite cohort={cohort} />
    </div>
  );
}

function AddExisting({ cohort }: { cohort: CohortDetail }) {
  const candidates = useCandidates(cohort.id);
  const put = usePutMember();
  const items = candidates.data?.items ?? [];
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const studentId = formText(event.currentTarget, "student");
    if (studentId !== "" && !put.isPending) put.mutate({ cohortId: cohort.id, studentId });
  };
  return (
    <form onSubmit={submit}>
      <div className="flex items-end gap-3">
        <div className="min-w-0 flex-1">
          <SelectField
            label="Add a student"
            name="student"
            disabled={items.length === 0}
            error={put.isError ? explain(put.error) : undefined}
          >
            {items.length === 0 && <option value="">Nobody to add</option>}
            {items.map(({ id, name, email }) => (
              <option key={id} value={id}>
                {name} ({email})
              </option>
            ))}
          </SelectField>
        </div>
        <Button type="submit" className="min-h-11" busy={put.isPending} unavailable={items.length === 0}>
          Add
        </Button>
      </div>
      <p className="mt-1.5 text-sm text-muted">
        {candidates.isError
          ? explain(candidates.error)
          : `Students of the track ${trackName(cohort.track)} who are in no cohort.`}
      </p>
    </form>
  );
}

function Invite({ cohort }: { cohort: CohortDetail }) {
  const invite = useInviteStudent(cohort);
  const form = useRef<HTMLFormElement>(null);
  useFocusFirstInvalid(form, invite.error);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (invite.isPending) return;
    const element = event.currentTarget;
    void invite.mutateAsync(formText(element, "email").trim()).then(
      () => element.reset(),
      () => undefined,
    );
  };
  return (
    <div>
      <form ref={form} onSubmit={submit}>
        <div className="flex items-end gap-3">
          <div className="min-w-0 flex-1">
            <Field
              label="Invite somebody new"
              name="email"
              type="email"
              required
              autoComplete="off"
              placeholder="name@example.com"
              aria-describedby="invite-hint"
            />
          </div>
          <Button type="submit" className="min-h-11" busy={invite.isPending}>
            Invite
          </Button>
        </div>
        <p id="invite-hint" className="mt-1.5 text-sm text-muted">
          They get a link by e-mail, and join this cohort by signing up.
        </p>
        {invite.isError && (
          <p role="alert" className="mt-1.5 text-sm text-bad">
            {fieldError(invite.error, "email") ?? explain(invite.error)}
          </p>
        )}
      </form>
      {invite.isSuccess && (
        <div className="mt-3">
          <Alert tone="good" title={`${invite.data.email} is invited`} urgent>
            The link is shown only now:{" "}
            <a href={invite.data.url ?? undefined} className="font-medium wrap-anywhere text-accent underline">
              {invite.data.url}
            </a>
          </Alert>
        </div>
      )}
    </div>
  );
}
