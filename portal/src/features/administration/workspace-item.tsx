"use client";

import { EllipsisIcon } from "lucide-react";
import { memo, useState } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { Failure } from "@/components/failure";
import { Menu } from "@/components/menu";
import { KINDS } from "@/features/workspace/kinds";
import { RunningPrograms } from "@/features/workspace/running-programs";
import type { ClassWorkspaces, WorkspaceRow } from "@/lib/api/types";
import { SIZE_NAMES } from "@/lib/sizes";

import { Mark } from "./list-frame";
import { describeRow, diskWords, memoryWords } from "./model/workspace-row";
import { useAllPrograms, useKeepWorkspace, useRestartWorkspace, useStopWorkspaces } from "./use-all-workspaces";

const KEEP_HOURS = 2;

/** Fifty of them are on a page, of which one or two change in a second. */
export const WorkspaceItem = memo(function WorkspaceItem({
  row,
  nowMs,
  chosen,
  onChoose,
  onStopped,
  onRestore,
}: {
  row: WorkspaceRow;
  nowMs: number;
  chosen: boolean;
  onChoose: (id: string, chosen: boolean) => void;
  onStopped: (outcome: ClassWorkspaces) => void;
  onRestore: (row: WorkspaceRow) => void;
}) {
  const view = describeRow(row, nowMs);
  const kind = KINDS[row.kind].name;
  const where = [row.owner.email, row.cohort?.name ?? "no cohort", kind, SIZE_NAMES[row.size]];
  const about = [...where, memoryWords(row), diskWords(row)];
  return (
    <li className="flex items-start gap-3 p-4 text-sm">
      <input
        type="checkbox"
        aria-label={`Choose the ${kind} of ${row.owner.name}`}
        className={`mt-0.5 size-5 shrink-0 accent-accent ${view.isUp ? "" : "invisible"}`}
        checked={view.isUp && chosen}
        onChange={(event) => onChoose(row.id, event.target.checked)}
      />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 font-medium wrap-anywhere">{row.owner.name}</span>
          <Mark tone={view.state.tone}>{view.state.label}</Mark>
          {!row.owner.active && <Mark tone="warn">Account deactivated</Mark>}
        </p>
        <p className="mt-0.5 wrap-anywhere text-muted">{about.filter((part) => part !== null).join(" · ")}</p>
        <p className="mt-1 wrap-anywhere">{view.lines.join(". ")}</p>
        {view.trouble !== null && <p className="mt-1 wrap-anywhere text-bad">{view.trouble}</p>}
      </div>
      {(view.isUp || row.stopped_at !== null) && (
        <Actions row={row} isUp={view.isUp} nowMs={nowMs} onStopped={onStopped} onRestore={onRestore} />
      )}
    </li>
  );
});

function Actions({
  row,
  isUp,
  nowMs,
  onStopped,
  onRestore,
}: {
  row: WorkspaceRow;
  isUp: boolean;
  nowMs: number;
  onStopped: (outcome: ClassWorkspaces) => void;
  onRestore: (row: WorkspaceRow) => void;
}) {
  const [dialog, setDialog] = useState<"stop" | "restart" | null>(null);
  const keep = useKeepWorkspace(row.id);
  const restart = useRestartWorkspace(row.id);
  const { isPending, error } = restart;
  const kept = row.keep_running_until !== null && Date.parse(row.keep_running_until) > nowMs;
  const close = () => setDialog(null);
  const running = row.state === "running";
  return (
    <div className="shrink-0">
      <Menu
        label={`Actions for the workspace of ${row.owner.name}`}
        button={<EllipsisIcon className="size-5" />}
        buttonClassName="text-muted hover:text-ink hover:bg-sunken grid size-10 place-items-center rounded-lg"
        busy={keep.isPending}
        entries={[
          ...(running && !kept
            ? [{ label: `Keep running for ${KEEP_HOURS} hours`, onSelect: () => keep.mutate(KEEP_HOURS) }]
            : []),
          ...(running && kept ? [{ label: "Stop when idle again", onSelect: () => keep.mutate(0) }] : []),
          ...(running ? [{ label: "Restart …", onSelect: () => setDialog("restart") }] : []),
          { label: "Restore files …", onSelect: () => onRestore(row) },
          ...(isUp ? [{ label: "Save and stop …", danger: true, onSelect: () => setDialog("stop") }] : []),
        ]}
      />
      <Failure error={keep.error} />
      {dialog === "stop" && (
        <StopDialog
          rows={[row]}
          title={`Save and stop the workspace of ${row.owner.name}?`}
          onDone={onStopped}
          onClose={close}
        />
      )}
      {dialog === "restart" && (
        <ConfirmDialog
          title={`Restart the workspace of ${row.owner.name}?`}
          action="Restart"
          mutation={{ isPending, error, mutateAsync: () => restart.mutateAsync(undefined) }}
          onClose={close}
        >
          Files and open editors are saved. {KINDS[row.kind].restart}
        </ConfirmDialog>
      )}
    </div>
  );
}

/** Says what ends before it ends. `onDone` hears what became of it. */
export function StopDialog({
  rows,
  title,
  onDone,
  onClose,
}: {
  rows: readonly WorkspaceRow[];
  title: string;
  onDone: (outcome: ClassWorkspaces) => void;
  onClose: () => void;
}) {
  const stop = useStopWorkspaces();
  const ids = rows.map(({ id }) => id);
  const names = new Map(rows.map(({ id, owner }) => [id, owner.name]));
  const found = useAllPrograms(ids);
  return (
    <ConfirmDialog
      title={title}
      action="Save and stop"
      mutation={{
        isPending: stop.isPending,
        error: stop.error,
        mutateAsync: () => stop.mutateAsync(ids).then(onDone),
      }}
      details={<RunningPrograms found={found} whose={(id) => names.get(id) ?? id} />}
      onClose={onClose}
    >
      Files and open editors are saved. Programs that run in {ids.length === 1 ? "it" : "them"} end.{" "}
      {ids.length === 1 ? "Its owner" : "Their owners"} can launch again at once.
    </ConfirmDialog>
  );
}
