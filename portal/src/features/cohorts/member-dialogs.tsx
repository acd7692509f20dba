"use client";

import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { Form } from "@/components/form";
import { Skeleton } from "@/components/panel";
import type { CohortDetail, CohortMember } from "@/lib/api/types";

import { useCohorts, useMoveMember, useRemoveMember } from "./api";

interface MemberDialogProps {
  cohort: CohortDetail;
  member: CohortMember;
  onClose: () => void;
}

export function MoveDialog({ cohort, member, onClose }: MemberDialogProps) {
  const cohorts = useCohorts();
  const move = useMoveMember(cohort.id, member.id);
  const others = cohorts.data?.items.filter(({ id, track }) => id !== cohort.id && track === cohort.track);
  const possible = others !== undefined && others.length > 0;
  return (
    <Dialog title={`Move ${member.name}`} onClose={onClose}>
      <Form
        error={move.error ?? cohorts.error}
        busy={move.isPending || !possible}
        onSubmit={(text) => void move.mutateAsync(text("cohort")).then(onClose, () => undefined)}
      >
        {cohorts.isPending && <Skeleton className="mt-4 h-16 w-full" />}
        {others?.length === 0 && (
          <DialogText>You have no other cohort of this track. Create one first, or ask an administrator.</DialogText>
        )}
        {possible && (
          <div className="mt-4">
            <SelectField label="New cohort" name="cohort">
              {others.map(({ id, name, active }) => (
                <option key={id} value={id}>
                  {name}
                  {!active && " (inactive)"}
                </option>
              ))}
            </SelectField>
          </div>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          {possible && (
            <Button type="submit" tone="primary" busy={move.isPending}>
              Move
            </Button>
          )}
        </DialogActions>
      </Form>
    </Dialog>
  );
}

export function RemoveMemberDialog({ cohort, member, onClose }: MemberDialogProps) {
  const remove = useRemoveMember(cohort.id, member.id);
  return (
    <ConfirmDialog title={`Remove ${member.name}?`} action="Remove from cohort" mutation={remove} onClose={onClose}>
      {member.name} leaves {cohort.name} and keeps their account and workspace.
    </ConfirmDialog>
  );
}
