import type { WorkspaceRow } from "@/lib/api/types";
import { ago, clock } from "@/lib/time";

/** What a row of the list says. The component only renders it. */
export interface RowView {
  state: { label: string; tone: "neutral" | "active" | "good" | "warn" | "bad" };
  /** Short sentences: since when, what happened last, when and why it stops. */
  lines: string[];
  /** What an admin should look at. */
  trouble: string | null;
  isUp: boolean;
}

const STATES: Record<WorkspaceRow["state"], RowView["state"]> = {
  running: { label: "Running", tone: "good" },
  starting: { label: "Starting", tone: "active" },
  stopping: { label: "Stopping", tone: "active" },
  stopped: { label: "Stopped", tone: "neutral" },
  deleted: { label: "Deleted", tone: "bad" },
};

const STOPPED_BECAUSE: Record<NonNullable<WorkspaceRow["stop_reason"]>, string> = {
  by_person: "on request",
  idle: "after a time without activity",
  session_limit: "at the longest time of a session",
  restart: "for a restart",
  deleted: "because it was deleted",
  task_ended: "because it ended by itself",
  launch_failed: "because it did not start",
  disk: "to keep room on the disk",
};

export function describeRow(row: WorkspaceRow, nowMs: number): RowView {
  if (row.restoring) {
    return {
      state: { label: "Restoring files", tone: "active" },
      lines: ["An earlier state of its files is being put back"],
      trouble: null,
      isUp: false,
    };
  }
  const failed = row.state === "stopped" && row.stop_reason === "launch_failed";
  return {
    state: failed ? { label: "Did not start", tone: "bad" } : STATES[row.state],
    lines: row.state === "stopped" ? stoppedLines(row, nowMs) : upLines(row, nowMs),
    trouble: row.failure ?? row.snapshot_failure,
    isUp: row.state === "running" || row.state === "starting",
  };
}

function stoppedLines(row: WorkspaceRow, nowMs: number): string[] {
  if (row.stopped_at === null) return ["Not used yet"];
  const because = row.stop_reason === null ? "" : ` ${STOPPED_BECAUSE[row.stop_reason]}`;
  return [`Stopped ${ago(row.stopped_at, nowMs)}${because}`];
}

function upLines(row: WorkspaceRow, nowMs: number): string[] {
  const { running_since, last_activity, stops_at, stops_because, keep_running_until } = row;
  const lines: string[] = [];
  if (running_since !== null) lines.push(`Running since ${clock(running_since, nowMs)}`);
  if (last_activity !== null) {
    const what = last_activity.is_start ? "Nothing done since the start" : `Last: ${last_activity.reason}`;
    lines.push(`${what}, ${ago(last_activity.at, nowMs)}`);
  }
  if (stops_at !== null) {
    lines.push(`Stops at ${clock(stops_at, nowMs)}${stops_because === null ? "" : `: ${stops_because}`}`);
  }
  if (keep_running_until !== null && Date.parse(keep_running_until) > nowMs) {
    lines.push(`Kept running until ${clock(keep_running_until, nowMs)}`);
  }
  return lines;
}

/** "0.4 of 1.5 GB of memory", as VS Code's status bar and sizes count it; null: it does not run, or
 * is not measured yet. */
export function memoryWords({ memory_bytes, memory_limit_bytes }: WorkspaceRow): string | null {
  if (memory_bytes === null || memory_limit_bytes === null) return null;
  return `${gigabytes(memory_bytes, 2 ** 30)} of ${gigabytes(memory_limit_bytes, 2 ** 30)} GB of memory`;
}

function gigabytes(bytes: number, one = 1e9): string {
  return (bytes / one).toFixed(1);
}

/** "1.2 of 5.0 GB on the disk"; null: not measured yet. */
export function diskWords({ disk_bytes, disk_limit_bytes }: WorkspaceRow): string | null {
  if (disk_bytes === null) return null;
  const limit = disk_limit_bytes === null || disk_limit_bytes === 0 ? "" : ` of ${gigabytes(disk_limit_bytes)}`;
  return `${gigabytes(disk_bytes)}${limit} GB on the disk`;
}
