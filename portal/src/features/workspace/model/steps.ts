import type { LaunchStep, Workspace } from "@/lib/api/types";

type StepName = LaunchStep["name"];

export interface StepLine {
  name: StepName;
  text: string;
  /** Milliseconds since the launch was asked for. */
  afterMs: number;
  status: "done" | "current" | "failed";
}

export interface LaunchProgress {
  lines: readonly StepLine[];
  /**
   * What happens after the newest step; null when that step is itself in progress ("Saving your
   * work").
   */
  pending: string | null;
  /** 0–100. The remaining time is a guess, so it stays below 100 until the workspace runs. */
  percent: number;
  elapsedMs: number;
}

/** How far a launch is, in percent, when it reaches a step. */
const SHARE: Partial<Record<StepName, number>> = {
  requested: 8,
  task_starting: 25,
  task_ready: 55,
  task_claimed: 65,
  home_attached: 80,
  application_ready: 96,
};

const SHARE_STOPPING: Partial<Record<StepName, number>> = { saving: 35, saved: 70, task_stopped: 96 };

const PENDING: Partial<Record<StepName, string>> = {
  requested: "Finding a workspace for you",
  task_ready: "Assigning it to you",
  task_claimed: "Attaching your files",
  task_failed: "Cleaning up the failed workspace",
  task_cleaned_up: "Trying another workspace",
  task_stopped: "Starting it again",
  home_attached: "Opening your workspace",
  application_ready: "Almost there",
  saved: "Closing the workspace",
};

/**
 * The steps of the newest launch or stop, timed from its first step. Steps may arrive in any order.
 */
export function launchProgress(workspace: Workspace, nowMs: number): LaunchProgress {
  const steps = newestRun(workspace);
  const first = steps[0];
  if (first === undefined) return { lines: [], pending: null, percent: 4, elapsedMs: 0 };
  const startMs = Date.parse(first.at);
  const moving = workspace.state === "starting" || workspace.state === "stopping";
  const latest = steps.at(-1) ?? first;
  const pending = moving ? (PENDING[latest.name] ?? null) : null;
  const lines = steps.map((step, index): StepLine => {
    const last = index === steps.length - 1;
    const status = step.name === "failed" ? "failed" : moving && last && pending === null ? "current" : "done";
    return { name: step.name, text: step.text, afterMs: Math.max(0, Date.parse(step.at) - startMs), status };
  });
  const shares = workspace.state === "stopping" ? SHARE_STOPPING : SHARE;
  const reached = Math.max(4, ...steps.map(({ name }) => shares[name] ?? 0));
  const endMs = moving ? nowMs : Date.parse(latest.at);
  const percent = workspace.state === "running" ? 100 : reached;
  return { lines, pending, percent, elapsedMs: Math.max(0, endMs - startMs) };
}

/** The steps of the newest launch or stop. While stopping, the launch before it is left out. */
function newestRun(workspace: Workspace): readonly LaunchStep[] {
  const steps = [...workspace.steps].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (workspace.state === "stopping") {
    const saving = steps.findIndex(({ name }) => name in SHARE_STOPPING);
    return saving === -1 ? [] : steps.slice(saving);
  }
  // A workspace that restarts after a stop still has the steps of the launch before that stop.
  const begins: readonly StepName[] = workspace.state === "starting" ? ["requested", "saving"] : ["requested"];
  const requested = steps.findLastIndex(({ name }) => begins.includes(name));
  return requested === -1 ? steps : steps.slice(requested);
}
