// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { Assignment } from "@/lib/api/types";
import { cohort, COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { AssignmentsPanel } from "./assignments-panel";
import { OwnAssignments } from "./own-assignments";
import { ZIP_BYTES_MAX } from "./zip-field";

const LIST = "GET /api/cohorts/{cohort_id}/assignments/";
const BESIDE = { path: "lesson-1/main.py", new_path: "lesson-1/main.update-2.py", changed_by_student: true };

function assignment(fields: Partial<Assignment> = {}): Assignment {
  return {
    id: "a1",
    title: "Lesson 1",
    folder: "lesson-1",
    version: 1,
    releases_at: "2026-11-30T08:00:00Z",
    released: true,
    due_at: null,
    releases_at_local: "2026-11-30T09:00",
    due_at_local: null,
    files: 2,
    bytes: 20,
    app_start: "",
    app_port: 0,
    handed_out: 1,
    failed: 1,
    students: 3,
    ...fields,
  };
}

/** jsdom knows nothing of a file that a test has chosen, and would refuse the form. */
function submit() {
  const form = screen.getByLabelText("Title").closest("form");
  if (form !== null) fireEvent.submit(form);
}

function choose(file: File) {
  fireEvent.change(screen.getByLabelText("Files"), { target: { files: [file] } });
}

it("says whether the files declare an app, when they are chosen and in the list", async () => {
  new FakeApi({ [LIST]: { status: 200, body: { items: [assignment({ app_start: "npm run dev", app_port: 5173 })] } } });
  show(<AssignmentsPanel cohort={cohort()} />);
  expect(await screen.findByText("npm run dev")).toBeDefined();
  expect(screen.getByText(/shown from port 5173/)).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Hand out an assignment" }));
  choose(new File(["PK lesson/.devcontainer/devcontainer.json PK"], "lesson.zip"));
  expect(await screen.findByText(/starts by itself next to the editor/)).toBeDefined();
  choose(new File(["PK lesson/main.py PK"], "lesson.zip"));
  expect(await screen.findByText(/It declares no app/)).toBeDefined();
});

it("hands out a zip at a time of the cohort's clocks", async () => {
  const api = new FakeApi({
    "POST /api/cohorts/{cohort_id}/assignments/": { status: 201, body: assignment() },
  });
  show(<AssignmentsPanel cohort={cohort()} />);
  fireEvent.click(screen.getByRole("button", { name: "Hand out an assignment" }));
  fireEvent.change(screen.getByLabelText("Title"), { target: { value: "Lesson 1" } });
  fireEvent.change(screen.getByLabelText("Release"), { target: { value: "2026-11-30T09:00" } });
  choose(new File(["PK"], "lesson.zip"));
  submit();
  await waitFor(() =>
    expect(api.changes()).toEqual([
      {
        route: `POST /api/cohorts/${COHORT_ID}/assignments/`,
        body: { title: "Lesson 1", file: "UEs=", releases_at: "2026-11-30T09:00", due_at: null },
      },
    ]),
  );
});

it("does not send a zip that is too large, and says so at the field", async () => {
  const api = new FakeApi({});
  show(<AssignmentsPanel cohort={cohort()} />);
  fireEvent.click(screen.getByRole("button", { name: "Hand out an assignment" }));
  fireEvent.change(screen.getByLabelText("Title"), { target: { value: "Lesson 1" } });
  choose(new File([new Uint8Array(ZIP_BYTES_MAX + 1)], "large.zip"));
  submit();
  expect(await screen.findByText("large.zip has 4 MB. The limit is 4 MB.")).toBeTruthy();
  expect(api.changes()).toEqual([]);
});

it("says how far an assignment is, and why, for each student", async () => {
  const students = [
    { id: "1", name: "Amira", state: "handed_out", text: "Handed out.", at: null, beside: [BESIDE], beside_count: 1 },
    { id: "2", name: "Ben", state: "failed", text: "The home is full.", at: null, beside: [], beside_count: 0 },
  ];
  new FakeApi({
    [LIST]: { status: 200, body: { items: [assignment()] } },
    "GET /api/cohorts/{cohort_id}/assignments/{assignment_id}/": {
      status: 200,
      body: { assignment: assignment(), students },
    },
  });
  show(<AssignmentsPanel cohort={cohort()} />);
  expect((await screen.findByText(/Handed out to 1 of 3/)).textContent).toBe(
    "Handed out to 1 of 3 · 1 when they next open their workspace · 1 failed",
  );
  fireEvent.click(screen.getByRole("button", { name: "Show students of Lesson 1" }));
  expect(await screen.findByText("The home is full.")).toBeTruthy();
  expect(screen.getByText("lesson-1/main.update-2.py")).toBeTruthy();
});

it("shows a student where an assignment is and what came beside", async () => {
  const item = {
    id: "a1",
    title: "Lesson 1",
    path: "~/project/lesson-1",
    due_at: null,
    handed_in_at: "2026-11-30T08:00:00Z",
    late: true,
    returned_at: "2026-12-01T08:00:00Z",
    mark: "17/20",
    comment: "<b>Good</b>",
    returned_files: 2,
    returned_path: "~/project/lesson-1-returned",
    returned_state: "waiting",
    returned_text: "They come into your workspace when you open it.",
    state: "handed_out",
    text: "Handed out.",
    beside: [BESIDE],
    beside_count: 1,
    check: null,
  };
  new FakeApi({ "GET /api/assignments/": { status: 200, body: { items: [item] } } });
  show(<OwnAssignments />);
  expect(await screen.findByText("~/project/lesson-1")).toBeTruthy();
  expect(screen.getByText(/One file came beside yours/)).toBeTruthy();
  expect(screen.getByText(/^Handed in .*, late$/)).toBeTruthy();
  expect(screen.getByText("Mark: 17/20")).toBeTruthy();
  expect(screen.getByText("<b>Good</b>")).toBeTruthy();
  expect(screen.getByText(/^2 files came back, for/).textContent).toMatch(
    /~\/project\/lesson-1-returned\. They come into your workspace when you open it\.$/,
  );
  expect(screen.getByRole("link", { name: /Download/ }).getAttribute("href")).toBe("/api/assignments/a1/returned/");
});

const CHECK = "/api/cohorts/{cohort_id}/assignments/{assignment_id}/check/";

it("sets up a check, keeps its files, and takes it away", async () => {
  const check = { command: "false", time_limit_s: 30, expected: "", students_see: "result", files: 2 };
  const api = new FakeApi({
    [LIST]: { status: 200, body: { items: [assignment()] } },
    [`GET ${CHECK}`]: { status: 200, body: { check } },
    [`PUT ${CHECK}`]: { status: 200, body: { check } },
    [`DELETE ${CHECK}`]: { status: 204, body: undefined },
  });
  show(<AssignmentsPanel cohort={cohort()} />);
  for (const action of ["Save", "Remove the check"]) {
    fireEvent.click(await screen.findByRole("button", { name: "Actions for Lesson 1" }));
    fireEvent.click(screen.getByRole("menuitem", { name: "Check of the work …" }));
    fireEvent.change(await screen.findByLabelText("Command"), { target: { value: "python3 main.py" } });
    fireEvent.change(screen.getByLabelText("Expected output (optional)"), { target: { value: "42" } });
    fireEvent.click(screen.getByRole("button", { name: action }));
    await waitFor(() => expect(screen.queryByRole("button", { name: action })).toBeNull());
  }
  const body = {
    command: "python3 main.py",
    time_limit_s: 30,
    expected: "42",
    students_see: "result",
    file: null,
    keep_files: true,
  };
  const route = `/api/cohorts/${COHORT_ID}/assignments/a1/check/`;
  expect(api.changes()).toEqual([
    { route: `PUT ${route}`, body },
    { route: `DELETE ${route}`, body: null },
  ]);
});

it("begins each time with the check as it is now, not as it was when the dialog was open before", async () => {
  const check = { command: "first", time_limit_s: 30, expected: "", students_see: "result", files: 0 };
  const api = new FakeApi({
    [LIST]: { status: 200, body: { items: [assignment()] } },
    [`GET ${CHECK}`]: { status: 200, body: { check } },
  });
  show(<AssignmentsPanel cohort={cohort()} />);
  for (const command of ["first", "second"]) {
    api.answers[`GET ${CHECK}`] = { status: 200, body: { check: { ...check, command } } };
    fireEvent.click(await screen.findByRole("button", { name: "Actions for Lesson 1" }));
    fireEvent.click(screen.getByRole("menuitem", { name: "Check of the work …" }));
    const field = await screen.findByLabelText<HTMLTextAreaElement>("Command");
    expect(field.value).toBe(command);
    fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  }
});

it("lets a student check their own work, and shows no more than the instructor allows", async () => {
  const run = { state: "not_passed", text: "Not passed: the command ended with 1.", finished_at: null };
  const item = {
    id: "a1",
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
    state: "handed_out",
    text: "Handed out.",
    beside: [],
    beside_count: 0,
    check: { run: { ...run, output: "<b>1 failed</b>", output_cut: false }, shows_output: true },
  };
  const api = new FakeApi({
    "GET /api/assignments/": { status: 200, body: { items: [item] } },
    "POST /api/assignments/{assignment_id}/check/": { status: 204, body: undefined },
  });
  show(<OwnAssignments />);
  expect(await screen.findByText(run.text)).toBeTruthy();
  const output = screen.getByRole("region", { name: "Output of the check of Lesson 1", hidden: true });
  expect(output.innerHTML).toBe("&lt;b&gt;1 failed&lt;/b&gt;");
  fireEvent.click(screen.getByRole("button", { name: "Check again in Lesson 1" }));
  await waitFor(() => expect(api.changes()).toEqual([{ route: "POST /api/assignments/a1/check/", body: null }]));
});
