import { describe, expect, it } from "vitest";

import type { Kind, Workspace } from "@/lib/api/types";

import { workspace } from "@/testing/examples";

import { describeCard, stopSentence } from "./card";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
const READY: Kind[] = [{ kind: "vscode", ready: true, text: "" }];

const STOPPED = workspace();
const RUNNING: Workspace = {
  ...STOPPED,
  state: "running",
  last_activity: { at: at(-250), reason: "typed in the editor", is_start: false },
  stops_at: at(1550),
  stops_because: "no activity for 30 minutes",
  stops_reason: "idle",
};

const card = (shown: Workspace | null, kinds = READY) =>
  describeCard({ workspace: shown, kind: "vscode", kinds, nowMs: NOW });

describe("the card", () => {
  it("offers a launch to a person without a workspace, and nothing to stop or delete", () => {
    const view = card(null);
    expect(view.primary).toEqual({ action: "launch", label: "Launch Workspace" });
    expect([view.canStop, view.canRestart, view.canDelete]).toEqual([false, false, false]);
  });

  it("does not launch while the kind is being installed, and shows the progress", () => {
    const text = "VS Code is being installed: compiling (2 of 5), about 3 minutes left";
    for (const shown of [null, STOPPED]) {
      const view = card(shown, [{ kind: "vscode", ready: false, text }]);
      expect(view.primary.action).toBe("wait");
      expect(view.obstacle).toBe(text);
    }
  });

  it("treats a kind that the server does not list as unavailable", () => {
    expect(card(null, []).primary.action).toBe("wait");
  });

  it("lets a running workspace be opened even while its kind is being updated", () => {
    expect(card(RUNNING, [{ kind: "vscode", ready: false, text: "…" }]).primary.action).toBe("open");
  });

  it("shows the last activity, and when and why a running workspace will stop", () => {
    const view = card(RUNNING);
    expect(view.activity).toBe("You typed in the editor 4 minutes ago");
    expect(view.stop).toMatch(/^Stops at .+ unless you use it: no activity for 30 minutes$/);
  });

  it("does not say that the person opened what an instructor may have started", () => {
    const last_activity = { at: at(-250), reason: "opened the workspace", is_start: true };
    expect(card({ ...RUNNING, last_activity }).activity).toBe("Started 4 minutes ago");
  });

  it("does not promise that activity extends a session beyond its maximum length", () => {
    const view = card({ ...RUNNING, stops_because: "a session lasts at most 12 hours", stops_reason: "session_limit" });
    expect(view.stop).not.toContain("unless you use it");
  });

  it("says what a nearly full home means, and does not promise that activity keeps a full one running", () => {
    const home = (level: "near" | "over", text: string) => ({
      used_bytes: 1,
      used_files: 1,
      limit_bytes: 1,
      limit_files: 1,
      level,
      text,
    });
    expect(card({ ...RUNNING, home_use: home("near", "It uses much.") }).home).toEqual({
      title: "Your home is nearly full",
      text: "It uses much.",
      urgent: false,
    });
    const over = card({ ...RUNNING, stops_reason: "disk", home_use: home("over", "It uses more.") });
    expect(over.home?.urgent).toBe(true);
    expect(over.stop).not.toContain("unless you use it");
    expect(card({ ...STOPPED, home_use: { ...home("near", "") } }).home).toBeNull();
    expect(stopSentence({ ...STOPPED, stop_reason: "disk" }, NOW)).toContain("no file is lost");
  });

  it("offers to keep running only within the installation's limit", () => {
    expect(card({ ...RUNNING, keep_running_max_s: 7200 }).keepRunningHours).toEqual([1, 2]);
    expect(card({ ...RUNNING, keep_running_max_s: 0 }).keepRunningHours).toEqual([]);
  });

  it("ignores a request to keep running whose time has passed", () => {
    expect(card({ ...RUNNING, keep_running_until: at(-1) }).keptUntil).toBeNull();
    expect(card({ ...RUNNING, keep_running_until: at(3600) }).keptUntil).not.toBeNull();
  });

  it("warns with the time left, without counting seconds", () => {
    expect(card({ ...RUNNING, warned: true, stops_at: at(280) }).warning).toContain("in 5 minutes");
    expect(card({ ...RUNNING, warned: true, stops_at: at(30) }).warning).toContain("in less than a minute");
    expect(card(RUNNING).warning).toBeNull();
  });

  it("calls the button 'Try again' after a failure", () => {
    const view = card({ ...STOPPED, stop_reason: "launch_failed", failure: "It did not answer." });
    expect(view.primary).toEqual({ action: "launch", label: "Try again" });
    expect(view.failure).toBe("It did not answer.");
  });

  it("does not say that a workspace did not start when it ran and ended", () => {
    const view = card({ ...STOPPED, stop_reason: "task_ended", failure: "It ended unexpectedly." });
    expect(view.chip.label).toBe("Stopped");
    expect(view.primary).toEqual({ action: "launch", label: "Launch Workspace" });
  });

  it("offers to restore a deleted workspace or create another one, and names the last day", () => {
    const deleted: Workspace = { ...STOPPED, state: "deleted", purge_at: at(7 * 86_400) };
    const view = card(deleted);
    expect(view.canCreateAnother).toBe(true);
    expect(card(deleted, []).canCreateAnother).toBe(false);
    expect(view.primary.action).toBe("undelete");
    expect(view.sentence).toContain("2026");
    expect([view.canStop, view.canRestart, view.canDelete]).toEqual([false, false, false]);
  });

  it("says what happened at each stop", () => {
    const idle = stopSentence({ ...STOPPED, stop_reason: "idle", stopped_at: at(-7200) }, NOW);
    expect(idle).toBe("Stopped 2 hours ago after 30 minutes without activity. Everything is saved.");
    const ended = stopSentence({ ...STOPPED, stop_reason: "task_ended" }, NOW);
    expect(ended).not.toContain("Everything is saved");
    const failed = { ...STOPPED, stop_reason: "launch_failed", stopped_at: at(-120) } as const;
    expect(stopSentence(failed, NOW)).toBe("The last launch 2 minutes ago failed. Your files are safe.");
    expect(stopSentence({ ...failed, has_home: false }, NOW)).toBe("The last launch 2 minutes ago failed.");
  });

  it("says after an unexpected stop what each kind keeps, without repeating that it stopped", () => {
    const ended = { ...STOPPED, stop_reason: "task_ended" } as const;
    expect(stopSentence(ended, NOW)).toMatch(/^Stopped unexpectedly.*the editor/);
    const data = stopSentence({ ...ended, kind: "superset", failure: "The workspace ended unexpectedly." }, NOW);
    expect(data).toMatch(/^Stopped\. .*dashboards/);
    expect(data).not.toContain("editor");
  });
});
