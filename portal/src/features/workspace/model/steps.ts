import type { LaunchStep, Workspace } from "@/lib/api/types";

export interface StepLine {
  name: string;
  text: string;
  /** Milliseconds since the launch was asked for. */
  afterMs: number;
  status: "done" | "current" | "failed";
}

export interface LaunchProgress {
  lines: readonly StepLine[];
  /** What the newest step leads to, while it is under way; null when the step itself says it ("Saving your work"). */
  pending: string | null;
  /** 0–100; what is left is a guess, so it never claims the end before the workspace runs. */
  percent: number;
  elapsedMs: number;
}

/** How far along a launch is when a step is reached, by the usual share of the time. */
const SHARE: Record<string, number> = {
  requested: 8,
  task_starting: 25,
  task_ready: 55,
  task_claimed: 65,
  home_attached: 80,
  application_ready: 96,
};

const SHARE_STOPPING: Record<string, number> = { saving: 35, saved: 70, task_stopped: 96 };

const PENDING: Record<string, string> = {
  requested: "Finding a place for it",
  task_ready: "Making it yours",
  task_claimed: "Putting your files in place",
  task_failed: "Cleaning up the failed workspace",
  task_cleaned_up: "Finding another one",
  task_stopped: "Starting it again",
  home_attached: "Opening it",
  application_ready: "Almost there",
  saved: "Closing the workspace",
};

/** The steps of the newest launch or stop, timed from its first step. Steps may arrive in any order. */
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

/** While stopping, the steps of the launch that came before would only confuse. */
function newestRun(workspace: Workspace): readonly LaunchStep[] {
  const steps = [...workspace.steps].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (workspace.state === "stopping") {
    const saving = steps.findIndex(({ name }) => name in SHARE_STOPPING);
    return saving === -1 ? [] : steps.slice(saving);
  }
  // One that starts again by itself after a stop has the steps of the launch before in front of those of the stop.
  const begins = workspace.state === "starting" ? ["requested", "saving"] : ["requested"];
  const requested = steps.findLastIndex(({ name }) => begins.includes(name));
  return requested === -1 ? steps : steps.slice(requested);
}
