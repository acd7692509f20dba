"use client";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { DeleteDialog } from "@/components/delete-dialog";
import type { Workspace } from "@/lib/api/types";

import { useDelete, useRestart } from "./api/workspace-actions";
import { KINDS } from "./kinds";

interface DialogProps {
  workspace: Workspace;
  onClose: () => void;
}

export function RestartDialog({ workspace, onClose }: DialogProps) {
  return (
    <ConfirmDialog
      title="Restart your workspace?"
      action="Restart"
      tone="primary"
      mutation={useRestart(workspace.id)}
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
