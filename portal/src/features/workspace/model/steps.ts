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

/** The steps of the newest launch or stop, timed from its first step. Steps may arrive in any order. */
export function launchProgress(workspace: Workspace, nowMs: number): LaunchProgress {
  const steps = newestRun(workspace);
  const first = steps[0];
  if (first === undefined) return { lines: [], percent: 4, elapsedMs: 0 };
  const startMs = Date.parse(first.at);
  const moving = workspace.state === "starting" || workspace.state === "stopping";
  const lines = steps.map((step, index): StepLine => {
    const last = index === steps.length - 1;
    const status = step.name === "failed" ? "failed" : moving && last ? "current" : "done";
    return { name: step.name, text: step.text, afterMs: Math.max(0, Date.parse(step.at) - startMs), status };
  });
  const shares = workspace.state === "stopping" ? SHARE_STOPPING : SHARE;
  const reached = Math.max(4, ...steps.map(({ name }) => shares[name] ?? 0));
  const endMs = moving ? nowMs : Date.parse(steps.at(-1)?.at ?? first.at);
  return { lines, percent: workspace.state === "running" ? 100 : reached, elapsedMs: Math.max(0, endMs - startMs) };
}

/** While stopping, the steps of the launch that came before would only confuse. */
function newestRun(workspace: Workspace): readonly LaunchStep[] {
  const steps = [...workspace.steps].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (workspace.state === "stopping") {
    const saving = steps.findIndex(({ name }) => name in SHARE_STOPPING);
    return saving === -1 ? [] : steps.slice(saving);
  }
  const requested = steps.findLastIndex(({ name }) => name === "requested");
  return requested === -1 ? steps : steps.slice(requested);
}
