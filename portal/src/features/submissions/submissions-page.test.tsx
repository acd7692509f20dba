// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { Submission } from "@/lib/api/types";
import { MayChange } from "@/lib/session/may-change";
import { FakeApi, show } from "@/testing/fake-api";

import { BYTES_MAX } from "./return-files";
import { SubmissionsView } from "./submissions-page";

const KEY = { cohort: "c1", assignment: "a1" };
const ALL = "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/";
const ONE = `${ALL}{student_id}/` as const;
const COPY = `${ONE}copies/{number}/` as const;
const HTML = "<img src=x onerror=alert(1)>";

function submission(fields: Partial<Submission> = {}): Submission {
  const times = { collected_at: "2026-11-30T08:00:05Z", handed_in_at: "2026-11-30T08:00:00Z" };
  return {
    student_id: "s1",
    student: "Amira",
    state: "collected",
    text: "Collected.",
    due_at: "2026-11-30T07:00:00Z",
    due_at_local: "2026-11-30T08:00",
    extended: false,
    copies: [{ number: 1, ...times, late: true, files: 2, bytes: 9, left_out: [], left_out_count: 0, check: null }],
    mark: "",
    comment: "",
    returned_at: null,
    files: 0,
    files_bytes: 0,
    changed_since: false,
    ...fields,
  };
}

function view(items: Submission[], due_at_local: string | null = "2026-11-30T08:00", shows_history = false) {
  const has_check = items.some(({ copies }) => copies[0]?.check != null);
  const list = {
    title: "Lesson 1",
    folder: "lesson-1",
    time_zone: "Europe/Berlin",
    due_at_local,
    has_check,
    shows_history,
    items,
  };
  show(<SubmissionsView id={KEY} list={list} />);
}

it("says who handed in what, who is late, and why there is nothing", () => {
  new FakeApi({});
  const missing = { student_id: "s2", student: "Ben", copies: [] };
  view([submission(), submission({ ...missing, state: "failed", text: "There is no folder. It is tried again." })]);
  expect(screen.getByText(/^Handed in/, { selector: "p" }).textContent).toMatch(/ · late · 2 files$/);
  expect(screen.getByText("There is no folder. It is tried again.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Read the work of Ben" })).toBeNull();
  expect(screen.getByRole("link", { name: "Marks as CSV" }).getAttribute("href")).toBe(
    "/api/cohorts/c1/assignments/a1/submissions/marks/",
  );
});

it("shows a file as text and what changed in it, and never as a page", async () => {
  const files = [
    { path: "main.py", size: 9, change: "changed" },
    { path: "page.html", size: 30, change: "new" },
  ];
  new FakeApi({
    [`GET ${COPY}files/`]: { status: 200, body: { items: files } },
    [`GET ${COPY}file/`]: {
      status: 200,
      body: {
        path: "main.py",
        text: HTML,
        cut: false,
        compared: true,
        lines: [
          { kind: "-", text: "print(1)" },
          { kind: "+", text: HTML },
        ],
      },
    },
  });
  view([submission()]);
  fireEvent.click(screen.getByRole("button", { name: "Read the work of Amira" }));
  const difference = await screen.findByRole("region", { name: "What changed since it was handed out" });
  expect(difference.textContent).toBe(`- removed: print(1)+ added: ${HTML}`);
  expect(difference.querySelector("img")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Show the whole file" }));
  expect(screen.getByRole("region", { name: "Content of the file" }).innerHTML).toBe(
    "&lt;img src=x onerror=alert(1)&gt;",
  );
  expect(screen.getByRole("link", { name: "Download" }).getAttribute("href")).toBe(
    "/api/cohorts/c1/assignments/a1/submissions/s1/copies/1/download/?path=main.py",
  );
});

it("saves mark and comment, and shows them to the student only when they are returned", async () => {
  const api = new FakeApi({
    [`PATCH ${ONE}`]: { status: 204, body: undefined },
    [`POST ${ONE}return/`]: { status: 204, body: undefined },
  });
  view([submission()]);
  for (const action of ["Save", "Save and return"]) {
    fireEvent.click(screen.getByRole("button", { name: "Mark of Amira" }));
    fireEvent.change(screen.getByLabelText("Mark"), { target: { value: "17/20" } });
    fireEvent.click(screen.getByRole("button", { name: action }));
    await waitFor(() => expect(screen.queryByRole("button", { name: action })).toBeNull());
  }
  const saved = {
    route: "PATCH /api/cohorts/c1/assignments/a1/submissions/s1/",
    body: { mark: "17/20", comment: "" },
  };
  const returned = { route: "POST /api/cohorts/c1/assignments/a1/submissions/s1/return/", body: null };
  expect(api.changes()).toEqual([saved, saved, returned]);
});

it("sends chosen files before it returns, replaces or removes those that are there, and refuses too many", async () => {
  const api = new FakeApi({
    [`PUT ${ONE}files/`]: { status: 204, body: undefined },
    [`PATCH ${ONE}`]: { status: 204, body: undefined },
    [`POST ${ONE}return/`]: { status: 204, body: undefined },
  });
  view([submission({ files: 2, mark: "A" })]);
  const open = () => fireEvent.click(screen.getByRole("button", { name: "Change mark of Amira" }));
  const closed = () => waitFor(() => expect(screen.queryByLabelText("Files (optional)")).toBeNull());
  open();
  const files = [new File(["1"], "notes.md"), new File(["x".repeat(BYTES_MAX)], "large.bin")];
  fireEvent.change(screen.getByLabelText("Files (optional)"), { target: { files } });
  fireEvent.click(screen.getByRole("button", { name: "Save and return" }));
  await screen.findByText("These files have 4 MB together. The limit is 4 MB.");
  expect(api.changes()).toEqual([]);
  fireEvent.change(screen.getByLabelText("Files (optional)"), { target: { files: files.slice(0, 1) } });
  fireEvent.click(screen.getByRole("button", { name: "Save and return" }));
  await closed();
  open();
  expect(screen.getByRole("link", { name: "Download" }).getAttribute("href")).toBe(
    "/api/cohorts/c1/assignments/a1/submissions/s1/files/",
  );
  fireEvent.click(screen.getByRole("button", { name: "Remove them" }));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await closed();
  const one = "/api/cohorts/c1/assignments/a1/submissions/s1/";
  const mark = { route: `PATCH ${one}`, body: { mark: "A", comment: "" } };
  expect(api.changes()).toEqual([
    { route: `PUT ${one}files/`, body: { files: [{ name: "notes.md", content: "MQ==" }] } },
    mark,
    { route: `POST ${one}return/`, body: null },
    { route: `PUT ${one}files/`, body: { files: [] } },
    mark,
  ]);
});

it("returns everything that students do not see yet, and says how much that is", async () => {
  const api = new FakeApi({ [`POST ${ALL}return/`]: { status: 200, body: { returned: 3 } } });
  const returned = { returned_at: "2026-11-30T08:00:00Z", mark: "A" };
  view([
    submission({ mark: "B" }),
    submission({ student_id: "s2", ...returned, changed_since: true }),
    submission({ student_id: "s3", ...returned }),
    submission({ student_id: "s4", ...returned, mark: "", changed_since: true }),
  ]);
  fireEvent.click(screen.getByRole("button", { name: "Return 3" }));
  fireEvent.click(screen.getByRole("button", { name: "Return" }));
  await waitFor(() => expect(api.changes()).toHaveLength(1));
});

it("gives one student a later due time", async () => {
  const api = new FakeApi({ [`PUT ${ONE}extension/`]: { status: 204, body: undefined } });
  view([submission()]);
  fireEvent.click(screen.getByRole("button", { name: "Actions for Amira" }));
  fireEvent.click(screen.getByRole("menuitem", { name: "A later due time …" }));
  fireEvent.change(screen.getByLabelText("Due"), { target: { value: "2026-12-01T09:00" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(api.changes()).toEqual([
      {
        route: "PUT /api/cohorts/c1/assignments/a1/submissions/s1/extension/",
        body: { due_at: "2026-12-01T09:00" },
      },
    ]),
  );
});

it("says what the check found, shows its output as text, and runs it again", async () => {
  const api = new FakeApi({
    "POST /api/cohorts/{cohort_id}/assignments/{assignment_id}/check/run/": { status: 204, body: undefined },
    [`GET ${COPY}files/`]: { status: 200, body: { items: [] } },
    [`GET ${COPY}check/`]: {
      status: 200,
      body: { state: "not_passed", text: "Not passed.", finished_at: null, output: HTML, output_cut: true },
    },
  });
  const [copy] = submission().copies;
  if (copy === undefined) throw new Error("there is a copy");
  const check = { state: "not_passed", text: "Not passed: the command ended with 1." };
  view([submission({ copies: [{ ...copy, check }] })]);
  expect(screen.getByText(check.text)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Read the work of Amira" }));
  const output = await screen.findByRole("region", { name: "Output of the check", hidden: true });
  expect(output.innerHTML).toBe("&lt;img src=x onerror=alert(1)&gt;");
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  fireEvent.click(screen.getByRole("button", { name: "Run checks again", hidden: true }));
  await waitFor(() => expect(api.changes()).toHaveLength(1));
});

it("lets a teaching assistant read, and offers nothing that would be refused", () => {
  new FakeApi({});
  const list = {
    title: "Lesson 1",
    folder: "lesson-1",
    time_zone: "Europe/Berlin",
    due_at_local: "2026-11-30T08:00",
    has_check: true,
    shows_history: false,
  };
  show(
    <MayChange value={false}>
      <SubmissionsView
        id={KEY}
        list={{
          ...list,
          items: [
            submission({ mark: "9/20" }),
            submission({
              student_id: "s2",
              student: "Ben",
              mark: "8/20",
              returned_at: "2026-11-30T09:00:00Z",
              changed_since: true,
            }),
          ],
        }}
      />
    </MayChange>,
  );
  expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual([
    "Read the work of Amira",
    "Read the work of Ben",
  ]);
  const [drafted, changed] = screen.getAllByRole("listitem").map(({ textContent }) => textContent);
  expect(drafted).toContain("Mark: 9/20, which the student does not see yet");
  expect(changed).toContain("Changed since then, which the student does not see yet");
  expect(screen.getByText(/and when an instructor asks for them/)).toBeTruthy();
  expect(document.title).toBe("Lesson 1 · ApraNova");
});

it("shows how a file grew where the school allows it, and offers it nowhere else", async () => {
  const files = [{ path: "src/my file.py", size: 9, change: "new" }];
  const text = { path: "src/my file.py", text: "1", cut: false, compared: false, lines: [] };
  const of = "/api/cohorts/{cohort_id}/members/{student_id}/history/" as const;
  const at = { checkpoint: "v1", taken_at: "2026-11-30T08:00:00Z", size: 9, is_there: true };
  const past = { text: "then", cut: false, size: 9, compared: false, missing_there: false, lines: [] };
  new FakeApi({
    [`GET ${COPY}files/`]: { status: 200, body: { items: files } },
    [`GET ${COPY}file/`]: { status: 200, body: text },
    [`GET ${of}versions/`]: { status: 200, body: { items: [at], cut: false } },
    [`GET ${of}{checkpoint_id}/file/`]: { status: 200, body: past },
  });
  view([submission()], null, true);
  fireEvent.click(screen.getByRole("button", { name: "Read the work of Amira" }));
  fireEvent.click(await screen.findByRole("button", { name: "How it grew" }));
  const then = await screen.findByText("then");
  expect(then).toBeTruthy();
  expect(screen.queryByText("1", { selector: "pre" })).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Show what was handed in" }));
  expect(await screen.findByText("1", { selector: "pre" })).toBeTruthy();
  cleanup();
  view([submission()]);
  fireEvent.click(screen.getByRole("button", { name: "Read the work of Amira" }));
  expect(await screen.findByText("1", { selector: "pre" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "How it grew" })).toBeNull();
});
