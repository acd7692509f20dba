"use client";

import { CheckIcon, TriangleAlertIcon } from "lucide-react";

import { Spinner } from "@/components/icons";
import type { Workspace } from "@/lib/api/types";
import { elapsed } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { launchProgress, type StepLine } from "./model/steps";

/** The steps of the launch or stop in progress, with the time at which each was reached. */
export function LaunchSteps({ workspace }: { workspace: Workspace }) {
  const now = useNow(100);
  const { lines, pending, percent, elapsedMs } = launchProgress(workspace, now);
  const latest = lines.at(-1);
  const label = workspace.state === "stopping" ? "Stopping" : "Starting";
  return (
    <div className="rise">
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <span className="font-medium">{label}</span>
        <span className="text-muted tabular-nums">{elapsed(elapsedMs)}</span>
      </div>
      <progress
        className="launch-bar shimmer mt-2 block h-2 w-full"
        aria-label={`${label} your workspace`}
        max={100}
        value={percent}
      />
      {/* Screen readers announce only the newest step, not the list and not the seconds. */}
      <p className="sr-only" role="status">
        {latest?.text}
      </p>
      <ol className="mt-4 space-y-2">
        {lines.map((line) => (
          <Step key={`${line.name}-${line.afterMs}`} line={line} />
        ))}
        {pending !== null && (
          <li className="flex items-center gap-3 text-sm text-muted">
            <StepMark status="current" />
            {pending} …
          </li>
        )}
      </ol>
    </div>
  );
}

/** The steps of the last launch. */
export function LaunchHistory({ workspace }: { workspace: Workspace }) {
  const { lines, elapsedMs } = launchProgress(workspace, 0);
  if (lines.length === 0) return null;
  return (
    <details className="text-sm">
      <summary className="w-fit rounded-md py-1 text-muted hover:text-ink">
        Started in {elapsed(elapsedMs)}
        {workspace.launch_path === "warm" && ", because a workspace was kept ready"}
      </summary>
      <ol className="mt-3 space-y-2">
        {lines.map((line) => (
          <Step key={`${line.name}-${line.afterMs}`} line={line} />
        ))}
      </ol>
    </details>
  );
}

function Step({ line }: { line: StepLine }) {
  return (
    <li className="rise flex items-center gap-3 text-sm">
      <StepMark status={line.status} />
      <span className="flex-1">{line.text}</span>
      <span className="text-muted tabular-nums">{elapsed(line.afterMs)}</span>
    </li>
  );
}

function StepMark({ status }: { status: StepLine["status"] }) {
  if (status === "current") return <Spinner className="size-5 shrink-0 text-accent" />;
  if (status === "failed") return <TriangleAlertIcon className="size-5 shrink-0 text-bad" />;
  return <CheckIcon className="size-5 shrink-0 text-good" />;
}
