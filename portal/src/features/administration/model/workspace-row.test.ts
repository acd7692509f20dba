import { expect, it } from "vitest";

import { workspaceRow } from "@/testing/examples";

import { describeRow, diskWords } from "./workspace-row";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();

it("says why a workspace is up, and when and why it stops", () => {
  const view = describeRow(
    workspaceRow({
      last_activity: { at: at(-4), reason: "ran npm (a busy job)", is_start: false },
      stops_at: at(26),
      stops_because: "no activity for 30 minutes",
    }),
    NOW,
  );
  expect(view.lines[0]).toBe("Last: ran npm (a busy job), 4 minutes ago");
  expect(view.lines[1]).toMatch(/^Stops at .*: no activity for 30 minutes$/);
  expect(view.isUp).toBe(true);
});

it("says how one stopped, and what failed", () => {
  const stopped = workspaceRow({ state: "stopped", stop_reason: "idle", stopped_at: at(-120) });
  expect(describeRow(stopped, NOW).lines).toEqual(["Stopped 2 hours ago after a time without activity"]);
  const failed = describeRow({ ...stopped, stop_reason: "launch_failed", failure: "It did not answer." }, NOW);
  expect([failed.state.label, failed.trouble]).toEqual(["Did not start", "It did not answer."]);
  expect(describeRow(workspaceRow({ state: "stopped" }), NOW).lines).toEqual(["Not used yet"]);
});

it("tells what the home takes, once it is measured", () => {
  expect(diskWords(workspaceRow())).toBeNull();
  expect(diskWords(workspaceRow({ disk_bytes: 1.24e9, disk_limit_bytes: 5e9 }))).toBe("1.2 of 5.0 GB on the disk");
});
