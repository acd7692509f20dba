// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";

import type { Me, Workspace } from "@/lib/api/types";
import { person, workspace } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import { router } from "@/testing/router";
import type { ApiAnswer } from "@/testing/routes";

import { StartPage } from "./start-page";

const CREATE = "POST /api/workspace/create/";
const LAUNCHED: ApiAnswer<typeof CREATE> = { status: 201, body: workspace({ state: "starting" }) };

const replace = vi.fn();

beforeEach(() => {
  const { origin, pathname, search, href } = window.location;
  vi.stubGlobal("location", { origin, pathname, search, href, replace });
});

function open(answer: ApiAnswer<typeof CREATE>, items: Workspace[] = [], me: Partial<Me> = {}) {
  const api = new FakeApi({
    "GET /api/me/": { status: 200, body: person(me) },
    "GET /api/workspace/": {
      status: 200,
      body: { items, kinds: [{ kind: "vscode", ready: true, text: "" }], notices: [] },
    },
    [CREATE]: answer,
  });
  show(<StartPage />);
  return api;
}

it("launches once and goes to the workspace in this tab", async () => {
  const api = open(LAUNCHED);
  await waitFor(() => expect(replace).toHaveBeenCalledWith("/workspace/ws-abcdefghij/"));
  expect(api.changes()).toEqual([{ route: CREATE, body: { kind: "vscode" } }]);
});

it("says why it could not, and tries again when asked", async () => {
  const problem = { type: "about:blank", title: "Full", status: 409, reason: "conflict", detail: "No room is left." };
  const api = open({ status: 409, body: { ...problem, remedy: null, errors: [] } });
  expect((await screen.findByRole("alert")).textContent).toContain("No room is left.");
  expect(screen.getByRole("heading", { level: 1, name: "Your workspace" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Your dashboard" }).getAttribute("href")).toBe("/dashboard");
  api.answers[CREATE] = LAUNCHED;
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(replace).toHaveBeenCalled());
});

it("begins no new workspace in place of a deleted one", async () => {
  const deleted = workspace({ state: "deleted", deleted_at: "2026-11-30T09:00:00Z" });
  const api = open(LAUNCHED, [deleted]);
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/dashboard"));
  expect(api.changes()).toEqual([]);
});

it("launches the kind of a new track, not a workspace of the former one", async () => {
  const answers = { status: 201, body: workspace({ kind: "superset", state: "starting" }) } as const;
  const api = open(answers, [workspace({ state: "stopped" })], { track: "DP", kinds: ["superset"] });
  await waitFor(() => expect(replace).toHaveBeenCalled());
  expect(api.changes()).toEqual([{ route: CREATE, body: { kind: "superset" } }]);
});

it("tells somebody without a track what to do", async () => {
  open(LAUNCHED, [], { kinds: [] });
  expect(await screen.findByText(/Ask your school to set your track/)).toBeTruthy();
});
