import { expect, it } from "vitest";

import type { Workspace, WorkspaceList, WorkspaceState } from "@/lib/api/types";

import { pollInterval } from "./use-workspaces";

const list = (...states: WorkspaceState[]): WorkspaceList => ({
  items: states.map((state, index) => ({ id: `ws-${index}`, state }) as Workspace),
  kinds: [],
});

it("rests while events of the only workspace arrive, and is quick while something moves without them", () => {
  expect(pollInterval(list("starting"), "ws-0", false)).toBe(60_000);
  expect(pollInterval(list("starting"), null, false)).toBe(1_500);
});

it("does not let the events of one workspace make another one look frozen", () => {
  expect(pollInterval(list("running", "starting"), "ws-0", false)).toBe(1_500);
  expect(pollInterval(list("running", "running"), "ws-0", false)).toBe(20_000);
});

it("comes back soon after a failure", () => {
  expect(pollInterval(undefined, null, true)).toBe(5_000);
});
