import type { Kind, Workspace, WorkspaceKind } from "@/lib/api/types";
import { ago, clock, duration, fullDate } from "@/lib/time";

import { KINDS } from "../kinds";
import { kindObstacle } from "./kind-obstacle";

export type ChipTone = "neutral" | "active" | "good" | "warn" | "bad";

export type Primary =
  | { action: "launch"; label: string }
  | { action: "open"; label: string }
  | { action: "undelete"; label: string }
  /** Nothing can be pressed now. */
  | { action: "wait"; label: string; busy: boolean };

/** Everything that the card shows. The components only render it. */
export interface CardView {
  chip: { label: string; tone: ChipTone };
  sentence: string;
  primary: Primary;
  /** Why the last launch or save failed. */
  failure: string | null;
  failureTitle: string;
  /** Why nothing can be launched right now. */
  obstacle: string | null;
  /** Running only: the last activity, and when and why the workspace will stop. */
  activity: string | null;
  stop: string | null;
  keptUntil: string | null;
  keepRunningHours: readonly number[];
  warning: string | null;
  /** What the person must know of the room that the home takes. */
  home: { title: string; text: string; urgent: boolean } | null;
  canStop: boolean;
  canRestart: boolean;
  canDelete: boolean;
  /**
   * Whether a new workspace can be created next to the deleted one, which can still be restored.
   */
  canCreateAnother: boolean;
  showSteps: boolean;
}

const NOTHING = {
  failure: null,
  failureTitle: "Something went wrong",
  obstacle: null,
  activity: null,
  stop: null,
  keptUntil: null,
  keepRunningHours: [],
  warning: null,
  home: null,
  canStop: false,
  canRestart: false,
  canDelete: false,
  canCreateAnother: false,
  showSteps: false,
} as const;

const KEEP_RUNNING_HOURS = [1, 2, 4];

export function describeCard(options: {
  workspace: Workspace | null;
  kind: WorkspaceKind;
  kinds: readonly Kind[];
  nowMs: number;
}): CardView {
  const { workspace, kind, kinds, nowMs } = options;
  const obstacle = kindObstacle(kind, kinds);
  if (workspace === null) {
    return {
      ...NOTHING,
      chip: { label: "Not started yet", tone: "neutral" },
      sentence: "Launch your workspace to create it.",
      primary: launchOrWait("Launch Workspace", obstacle),
      obstacle,
    };
  }
  switch (workspace.state) {
    case "stopped":
      return describeStopped(workspace, obstacle, nowMs);
    case "starting":
      return {
        ...NOTHING,
        chip: { label: "Starting", tone: "active" },
        sentence: "Your workspace opens in a new tab when it is ready.",
        primary: { action: "wait", label: "Starting …", busy: true },
        canStop: true,
        showSteps: true,
      };
    case "running":
      return describeRunning(workspace, nowMs);
    case "stopping":
      return {
        ...NOTHING,
        chip: { label: "Stopping", tone: "active" },
        sentence: "Your work is being saved before the workspace stops.",
        primary: { action: "wait", label: "Saving and stopping …", busy: true },
        failure: words(workspace.failure),
        showSteps: true,
      };
    case "deleted":
      return {
        ...NOTHING,
        chip: { label: "Deleted", tone: "bad" },
        sentence:
          workspace.purge_at === null
            ? "This workspace is deleted."
            : `This workspace is deleted. You can restore it until ${fullDate(workspace.purge_at)}. After that, everything in it is permanently removed.`,
        primary: { action: "undelete", label: "Undo delete" },
        canCreateAnother: obstacle === null,
      };
  }
}

function describeStopped(workspace: Workspace, obstacle: string | null, nowMs: number): CardView {
  const failure = words(workspace.failure);
  const didNotStart = failure !== null && workspace.stop_reason === "launch_failed";
  return {
    ...NOTHING,
    chip: didNotStart ? { label: "Did not start", tone: "bad" } : { label: "Stopped", tone: "neutral" },
    sentence: stopSentence(workspace, nowMs),
    primary: launchOrWait(didNotStart ? "Try again" : "Launch Workspace", obstacle),
    failure,
    failureTitle: didNotStart ? "Your workspace did not start" : NOTHING.failureTitle,
    home: describeHome(workspace),
    obstacle,
    canDelete: true,
  };
}

function whatLast({ reason, is_start }: NonNullable<Workspace["last_activity"]>): string {
  return is_start ? "Started" : `You ${reason}`;
}

function describeRunning(workspace: Workspace, nowMs: number): CardView {
  const { stops_at, last_activity, keep_running_until, keep_running_max_s } = workspace;
  const because = words(workspace.stops_because);
  const kept = keep_running_until !== null && Date.parse(keep_running_until) > nowMs ? keep_running_until : null;
  const idle = workspace.stops_reason === "idle";
  const stopsAt = stops_at === null ? null : `Stops at ${clock(stops_at, nowMs)}${idle ? " unless you use it" : ""}`;
  return {
    ...NOTHING,
    chip: workspace.warned ? { label: "Stopping soon", tone: "warn" } : { label: "Running", tone: "good" },
    sentence: "Your workspace is ready to use.",
    primary: { action: "open", label: "Open Workspace" },
    failure: words(workspace.failure),
    home: describeHome(workspace),
    activity: last_activity === null ? null : `${whatLast(last_activity)} ${ago(last_activity.at, nowMs)}`,
    stop: stopsAt === null ? null : because === null ? stopsAt : `${stopsAt}: ${because}`,
    keptUntil: kept === null ? null : clock(kept, nowMs),
    keepRunningHours: KEEP_RUNNING_HOURS.filter((hours) => hours * 3600 <= keep_running_max_s),
    warning: workspace.warned && stops_at !== null ? warningSentence(stops_at, because, nowMs) : null,
    canStop: true,
    canRestart: true,
    canDelete: true,
  };
}

function describeHome({ home_use: use, stop_reason }: Workspace): CardView["home"] {
  const text = words(use?.text ?? null);
  if (use === null || text === null) return null;
  const over = use.level === "over";
  const title =
    stop_reason === "disk" && !over
      ? "Your workspace was stopped"
      : over
        ? "Your home is over its limit"
        : "Your home is nearly full";
  return { title, text, urgent: over };
}

function warningSentence(stopsAt: string, because: string | null, nowMs: number): string {
  const seconds = (Date.parse(stopsAt) - nowMs) / 1000;
  // No seconds that count down: a screen reader would read each of them out.
  const when = seconds < 60 ? "in less than a minute" : `in ${duration(seconds)}`;
  return `Your workspace stops ${when}${because === null ? "" : `: ${because}`}. Everything is saved first.`;
}

/** What happened at the last stop, and whether everything was saved. */
export function stopSentence(workspace: Workspace, nowMs: number): string {
  const when = workspace.stopped_at === null ? "" : ` ${ago(workspace.stopped_at, nowMs)}`;
  switch (workspace.stop_reason) {
    case "idle":
      return `Stopped${when} after ${duration(workspace.idle_timeout_s)} without activity. Everything is saved.`;
    case "by_person":
      return `Stopped on request${when}. Everything is saved.`;
    case "session_limit":
      return `Stopped${when} because the session reached its maximum length. Everything is saved.`;
    case "disk":
      return `Stopped${when} to keep room on the disk. Everything is saved, and no file is lost.`;
    case "restart":
      return `Stopped${when} for a restart. Everything is saved.`;
    case "task_ended":
      // When the server knows more, the card shows its message above this sentence.
      return `${workspace.failure === null ? "Stopped unexpectedly" : "Stopped"}${when}. ${KINDS[workspace.kind].afterUnexpectedEnd}`;
    case "launch_failed":
      return workspace.has_home
        ? `The last launch${when} failed. Your files are safe.`
        : `The last launch${when} failed.`;
    case "deleted":
      return "Restored. Everything is as you left it.";
    case null:
      return workspace.has_home ? "Everything is as you left it." : "Your workspace is ready to launch.";
  }
}

function launchOrWait(label: string, obstacle: string | null): Primary {
  return obstacle === null ? { action: "launch", label } : { action: "wait", label, busy: false };
}

function words(text: string | null): string | null {
  return text === null || text === "" ? null : text;
}
