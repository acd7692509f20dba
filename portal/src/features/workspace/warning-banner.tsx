"use client";

import { Alert } from "@/components/alert";
import { explain } from "@/lib/api/errors";
import type { Workspace } from "@/lib/api/types";
import { useNow } from "@/lib/use-now";

import { useKeepRunning } from "./api/workspace-actions";
import { KeepRunning } from "./keep-running";
import { describeCard } from "./model/card";
import { KINDS } from "./kinds";

/**
 * Warns at the top of the page that the workspace is about to stop, with the button that prevents
 * it.
 */
export function WarningBanner({ workspace }: { workspace: Workspace }) {
  const nowMs = useNow(1_000);
  const keepRunning = useKeepRunning(workspace.id);
  const view = describeCard({ workspace, kind: workspace.kind, kinds: [], nowMs });
  if (view.warning === null) return null;
  if (workspace.stops_reason === "disk") {
    return (
      <Alert tone="warn" title={`${KINDS[workspace.kind].name} stops soon`}>
        {view.warning} Delete files that you do not need, and it runs on.
      </Alert>
    );
  }
  return (
    <Alert
      tone="warn"
      title={`Still using ${KINDS[workspace.kind].name}?`}
      action={
        <KeepRunning
          prominent
          hours={view.keepRunningHours}
          keptUntil={view.keptUntil}
          busy={keepRunning.isPending}
          onKeep={(hours) => keepRunning.mutate(hours)}
        />
      }
    >
      {keepRunning.isError ? explain(keepRunning.error) : view.warning}
    </Alert>
  );
}
