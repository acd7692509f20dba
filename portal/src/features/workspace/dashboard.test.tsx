// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { person, workspace } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import type { Answers } from "@/testing/routes";

import { Dashboard } from "./dashboard";

const LESSON = {
  id: "a-1",
  title: "Lesson 1",
  path: "~/project/lesson-1",
  due_at: null,
  handed_in_at: null,
  late: false,
  returned_at: null,
  mark: "",
  comment: "",
  returned_files: 0,
  returned_path: "~/project/lesson-1-returned",
  returned_state: "none",
  returned_text: "",
  state: "handed_out" as const,
  text: "",
  beside: [],
  beside_count: 0,
  check: null,
};

function backend(workspaces: Answers["GET /api/workspace/"]) {
  return new FakeApi({
    "GET /api/me/": { status: 200, body: person() },
    "GET /api/class/": { status: 200, body: { cohort: null } },
    "GET /api/help/": { status: 200, body: { can_ask: false, asked_at: null, visits: [] } },
    "GET /api/workspace/sizes/": { status: 200, body: { items: [], choices: [], chosen: null } },
    "GET /api/assignments/": { status: 200, body: { items: [LESSON] } },
    "GET /api/workspace/": workspaces,
  });
}

it("lists assignments once, also beside a workspace from an earlier track", async () => {
  const items = [workspace(), workspace({ id: "ws-klmnopqrst", kind: "superset", name: "Old" })];
  backend({ status: 200, body: { items, kinds: [], notices: [] } });
  show(<Dashboard />);
  expect(await screen.findAllByRole("heading", { name: "Assignments" })).toHaveLength(1);
});

it("lists assignments while the workspace cannot be shown", async () => {
  const problem = {
    type: "about:blank",
    title: "Away",
    status: 503,
    reason: "manager_unavailable",
    detail: "It restarts.",
  };
  backend({ status: 503, body: { ...problem, remedy: null, errors: [] } });
  show(<Dashboard />);
  expect(await screen.findByRole("heading", { name: "Assignments" })).toBeTruthy();
});
