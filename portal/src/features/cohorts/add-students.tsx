"use client";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Field, SelectField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { explain } from "@/lib/api/errors";
import type { CohortDetail } from "@/lib/api/types";
import { trackName } from "@/lib/roles";

import { useAddMember, useCandidates, useInviteStudent } from "./api";

/** Adds students who have an account, and invites those who do not; they join by signing up. */
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
  const add = useAddMember(cohort.id);
  const items = candidates.data?.items ?? [];
  return (
    <Form busy={add.isPending || items.length === 0} onSubmit={(text) => add.mutate(text("student"))}>
      <div className="flex items-end gap-3">
        <div className="min-w-0 flex-1">
          <SelectField
            label="Add a student"
            name="student"
            disabled={items.length === 0}
            error={add.isError ? explain(add.error) : undefined}
          >
            {items.length === 0 && <option value="">No student to add</option>}
            {items.map(({ id, name, email }) => (
              <option key={id} value={id}>
                {name} ({email})
              </option>
            ))}
          </SelectField>
        </div>
        <Button type="submit" className="min-h-11" busy={add.isPending} unavailable={items.length === 0}>
          Add
        </Button>
      </div>
      <p className="mt-1.5 text-sm text-muted">
        {candidates.isError
          ? explain(candidates.error)
          : `Lists students of the track ${trackName(cohort.track)} who are not in a cohort.`}
      </p>
    </Form>
  );
}

function Invite({ cohort }: { cohort: CohortDetail }) {
  const invite = useInviteStudent(cohort);
  return (
    <div>
      <Form
        busy={invite.isPending}
        onSubmit={(text, form) =>
          void invite.mutateAsync(text("email").trim()).then(
            () => form.reset(),
            () => undefined,
          )
        }
      >
        <div className="flex items-end gap-3">
          <div className="min-w-0 flex-1">
            <Field
              label="Invite a new student"
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
          They receive a link by email and join this cohort when they sign up.
        </p>
        {invite.isError && (
          <p role="alert" className="mt-1.5 text-sm text-bad">
            {fieldError(invite.error, "email") ?? explain(invite.error)}
          </p>
        )}
      </Form>
      {invite.isSuccess && (
        <div className="mt-3">
          <Alert tone="good" title={`${invite.data.email} is invited`} urgent>
            You can also send them this link yourself:{" "}
            <a href={invite.data.url ?? undefined} className="font-medium wrap-anywhere text-accent underline">
              {invite.data.url}
            </a>
          </Alert>
        </div>
      )}
    </div>
  );
}
