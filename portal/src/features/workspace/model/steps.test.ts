import { describe, expect, it } from "vitest";

import type { LaunchStep, Workspace } from "@/lib/api/types";

import { launchProgress } from "./steps";

const START = Date.parse("2026-03-02T09:00:00Z");
const step = (name: LaunchStep["name"], afterMs: number, text: string = name) => ({
  name,
  text,
  at: new Date(START + afterMs).toISOString(),
});
const workspace = (state: Workspace["state"], steps: Workspace["steps"]) => ({ state, steps }) as Workspace;

describe("the progress of a launch", () => {
  it("times each step from the click, whatever order they come in", () => {
    const { lines } = launchProgress(workspace("starting", [step("task_claimed", 300), step("requested", 0)]), START);
    expect(lines.map(({ name, afterMs }) => [name, afterMs])).toEqual([
      ["requested", 0],
      ["task_claimed", 300],
    ]);
  });

  it("keeps counting during the launch and stops when it is over", () => {
    const steps = [step("requested", 0), step("application_ready", 1_800)];
    expect(launchProgress(workspace("starting", steps), START + 5_000).elapsedMs).toBe(5_000);
    expect(launchProgress(workspace("running", steps), START + 5_000).elapsedMs).toBe(1_800);
  });

  it("stays below 100 percent until the workspace runs", () => {
    const steps = [step("requested", 0), step("application_ready", 1_800)];
    expect(launchProgress(workspace("starting", steps), START).percent).toBeLessThan(100);
    expect(launchProgress(workspace("running", steps), START).percent).toBe(100);
  });

  it("says what comes next, unless the newest step is itself in progress", () => {
    const claimed = launchProgress(workspace("starting", [step("requested", 0), step("task_claimed", 1)]), START);
    expect(claimed.pending).not.toBeNull();
    expect(claimed.lines.map(({ status }) => status)).toEqual(["done", "done"]);
    const saving = launchProgress(workspace("stopping", [step("saving", 0)]), START);
    expect(saving.pending).toBeNull();
    expect(saving.lines.map(({ status }) => status)).toEqual(["current"]);
  });

  it("shows only the newest launch, and while stopping only the stop", () => {
    const steps = [step("requested", 0), step("failed", 10), step("requested", 60_000), step("saving", 90_000)];
    expect(launchProgress(workspace("running", steps), START).lines[0]?.afterMs).toBe(0);
    expect(launchProgress(workspace("running", steps), START).lines).toHaveLength(2);
    expect(launchProgress(workspace("stopping", steps), START).lines.map(({ name }) => name)).toEqual(["saving"]);
  });

  it("marks a failed step and expects nothing after it", () => {
    const { lines, pending } = launchProgress(workspace("starting", [step("requested", 0), step("failed", 9)]), START);
    expect(lines.at(-1)?.status).toBe("failed");
    expect(pending).toBeNull();
  });

  it("shows a task that failed as one more step, and never moves backwards", () => {
    const names = ["requested", "task_claimed", "task_failed", "task_cleaned_up"] as const;
    const put = launchProgress(
      workspace(
        "starting",
        names.map((name, index) => step(name, index)),
      ),
      START,
    );
    expect(put.lines.map(({ status }) => status)).toEqual(["done", "done", "done", "done"]);
    expect(put.pending).toBe("Trying another workspace");
    expect(put.percent).toBe(65);
  });

  it("shows while stopping that the person came back", () => {
    const steps = [step("requested", 0), step("saving", 90_000), step("came_back", 90_300), step("saved", 90_300)];
    const { lines } = launchProgress(workspace("stopping", steps), START);
    expect(lines.map(({ name }) => name)).toEqual(["saving", "came_back", "saved"]);
  });

  it("shows the stop, not the launch before it, while it starts again after a stop", () => {
    const steps = [step("requested", 0), step("saving", 90_000), step("saved", 90_300), step("task_stopped", 90_900)];
    const { lines, pending, elapsedMs } = launchProgress(workspace("starting", steps), START + 91_000);
    expect(lines.map(({ name }) => name)).toEqual(["saving", "saved", "task_stopped"]);
    expect([pending, elapsedMs]).toEqual(["Starting it again", 1_000]);
  });

  it("starts empty when no step has arrived", () => {
    expect(launchProgress(workspace("starting", []), START)).toMatchObject({ lines: [], elapsedMs: 0 });
  });
});
