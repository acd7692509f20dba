"use client";

import type { ComponentProps } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { DeleteDialog } from "@/components/delete-dialog";
import type { Workspace } from "@/lib/api/types";

import { useDelete, usePrograms, useRestart, useStop } from "./api/workspace-actions";
import { KINDS } from "./kinds";
import { RunningPrograms } from "./running-programs";

interface DialogProps {
  workspace: Workspace;
  onClose: () => void;
}

/** Opened where programs still run, or where that is not known. */
export function StopDialog({
  workspace,
  found,
  onClose,
}: DialogProps & { found: ComponentProps<typeof RunningPrograms>["found"] }) {
  return (
    <ConfirmDialog
      title="Stop your workspace?"
      action="Save and stop"
      mutation={useStop(workspace.id)}
      details={<RunningPrograms found={found} />}
      onClose={onClose}
    >
      Files and open editors are saved.
    </ConfirmDialog>
  );
}

export function RestartDialog({ workspace, onClose }: DialogProps) {
  const found = usePrograms(workspace.id);
  return (
    <ConfirmDialog
      title="Restart your workspace?"
      action="Restart"
      tone="primary"
      mutation={useRestart(workspace.id)}
      details={<RunningPrograms found={found} />}
      onClose={onClose}
    >
      Everything is saved first. {KINDS[workspace.kind].restart}
    </ConfirmDialog>
  );
}

export function DeleteWorkspaceDialog({ workspace, onClose }: DialogProps) {
  return (
    <DeleteDialog what="workspace" name={workspace.name} mutation={useDelete(workspace.id)} onClose={onClose}>
      The workspace stops and is deleted with {KINDS[workspace.kind].contents}. You can undo this for 7 days. After
      that, everything in it is permanently removed.
    </DeleteDialog>
  );
}
