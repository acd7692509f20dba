"use client";

import type { SubmitEvent } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { Skeleton } from "@/components/panel";
import { explain } from "@/lib/api/errors";
import type { CohortDetail, CohortMember } from "@/lib/api/types";
import { formText } from "@/lib/form-text";

import { useCohorts } from "./api/use-cohorts";
import { useMoveMember } from "./api/use-move-member";
import { useRemoveMember } from "./api/use-remove-member";

interface MemberDialogProps {
  cohort: CohortDetail;
  member: CohortMember;
  onClose: () => void;
}

const stay = () => undefined;

export function MoveDialog({ cohort, member, onClose }: MemberDialogProps) {
  const cohorts = useCohorts();
  const move = useMoveMember(cohort.id);
  const others = cohorts.data?.items.filter(({ id, track }) => id !== cohort.id && track === cohort.track);
  const error = move.error ?? cohorts.error;
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const cohortId = formText(event.currentTarget, "cohort");
    if (!move.isPending) void move.mutateAsync({ cohortId, studentId: member.id }).then(onClose, stay);
  };
  return (
    <Dialog title={`Move ${member.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        {error !== null && <Failure error={error} />}
        <div className="mt-4">
          {cohorts.isPending && <Skeleton className="h-16 w-full" />}
          {others?.length === 0 && (
            <p className="text-sm text-pretty text-muted">
              You have no other cohort of this track. Create one first, or ask an admin.
            </p>
          )}
          {others !== undefined && others.length > 0 && (
            <SelectField label="To the cohort" name="cohort">
              {others.map(({ id, name, active }) => (
                <option key={id} value={id}>
                  {name}
                  {!active && " (not active)"}
                </option>
              ))}
            </SelectField>
          )}
        </div>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          {others !== undefined && others.length > 0 && (
            <Button type="submit" tone="primary" busy={move.isPending}>
              Move
            </Button>
          )}
        </DialogActions>
      </form>
    </Dialog>
  );
}

export function RemoveMemberDialog({ cohort, member, onClose }: MemberDialogProps) {
  const remove = useRemoveMember(cohort.id);
  return (
    <Dialog title={`Remove ${member.name}?`} onClose={onClose}>
      <p className="mt-2 text-sm text-pretty text-muted">
        {member.name} leaves {cohort.name} and keeps account and workspace.
      </p>
      {remove.isError && <Failure error={remove.error} />}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          tone="danger"
          busy={remove.isPending}
          onClick={() => void remove.mutateAsync(member.id).then(onClose, stay)}
        >
          Remove from cohort
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Failure({ error }: { error: Error }) {
  return (
    <div className="mt-4">
      <Alert tone="bad" urgent>
        {explain(error)}
      </Alert>
    </div>
  );
}
