import { expect, it } from "vitest";

import type { Workspace, WorkspaceList, WorkspaceState } from "@/lib/api/types";

import { pollInterval } from "./use-workspaces";

const list = (...states: WorkspaceState[]): WorkspaceList => ({
  items: states.map((state, index) => ({ id: `ws-${index}`, state }) as Workspace),
  kinds: [],
  notices: [],
});

it("polls rarely while events of the only workspace arrive, and often while a state changes without them", () => {
  expect(pollInterval(list("starting"), "ws-0", false)).toBe(60_000);
  expect(pollInterval(list("starting"), null, false)).toBe(1_500);
});

it("keeps polling other workspaces while the events of one arrive", () => {
  expect(pollInterval(list("running", "starting"), "ws-0", false)).toBe(1_500);
  expect(pollInterval(list("running", "running"), "ws-0", false)).toBe(20_000);
});

it("polls again soon after a failure", () => {
  expect(pollInterval(undefined, null, true)).toBe(5_000);
});
