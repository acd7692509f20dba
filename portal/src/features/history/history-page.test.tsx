// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";

import type { Checkpoint } from "@/lib/api/types";
import { cohort, COHORT_ID, person } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { HistoryView } from "./history-page";
import { StudentHistoryPage } from "./student-history-page";
import { byDay, changedWords, stepsTo } from "./model";

vi.mock("next/navigation", () => ({ usePathname: () => `/cohorts/${COHORT_ID}/students/s1/history` }));

const ONE = "/api/workspace/{workspace_id}/history/{checkpoint_id}/" as const;
const HTML = "<img src=x onerror=alert(1)>";

function checkpoint(fields: Partial<Checkpoint> = {}): Checkpoint {
  return {
    id: "1790000600000-0000000b",
    taken_at: "2026-09-21T14:23:20Z",
    cause: "work",
    files: 2,
    changed: ["project/main.py"],
    changed_count: 1,
    left_out: [],
    left_out_count: 0,
    ...fields,
  };
}

const OLDER = checkpoint({ id: "1790000000000-0000000a", taken_at: "2026-09-21T14:13:20Z", cause: "stop" });

function fakeApi(putBack: object = {}) {
  const main = { path: "project/%3Cb%3E.py", name: "<b>.py", is_folder: false, size: 9, changed_at: null };
  const folder = { path: "project", name: "project", is_folder: true, size: 2, changed_at: null };
  return new FakeApi({
    [`GET ${ONE}folder/`]: { status: 200, body: { items: [folder, main], cut: false } },
    [`GET ${ONE}file/`]: {
      status: 200,
      body: {
        text: HTML,
        cut: false,
        size: 9,
        compared: true,
        missing_there: false,
        lines: [
          { kind: "-", text: HTML },
          { kind: "+", text: "broken" },
        ],
      },
    },
    [`POST ${ONE}put-back/`]: {
      status: 200,
      body: { state: "done", files: 1, left_out: [], left_out_count: 0, failure: "", continues: "x", ...putBack },
    },
  });
}

const view = (items: Checkpoint[]) =>
  show(<HistoryView of={{ workspace: "ws-1" }} history={{ items, every_minutes: 10, instructors_see_it: false }} />);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-09-22T10:00:00Z"), toFake: ["Date"] });
  return () => vi.useRealTimers();
});

it("says when there is no history yet, and when there will be", () => {
  new FakeApi({});
  view([]);
  expect(screen.getByText(/kept every 10 minutes/)).toBeTruthy();
});

it("lists moments by day with what changed, and shows the newest one's files", async () => {
  fakeApi();
  view([checkpoint(), OLDER]);
  const yesterday = screen.getByRole("region", { name: "Yesterday" });
  const [newest, older] = within(yesterday).getAllByRole("button");
  expect(newest?.textContent).toMatch(/while you worked.*main\.py changed/);
  expect(newest?.getAttribute("aria-current")).toBe("true");
  expect(older?.textContent).toMatch(/when the workspace stopped/);
  expect(await screen.findByRole("button", { name: /<b>\.py/ })).toBeTruthy();
});

it("shows a file as text with what changed since, and never as a page", async () => {
  fakeApi();
  view([checkpoint(), OLDER]);
  fireEvent.click(await screen.findByRole("button", { name: /<b>\.py/ }));
  const difference = await screen.findByRole("region", { name: "What changed" });
  expect(difference.textContent).toBe(`- removed: ${HTML}+ added: broken`);
  expect(difference.querySelector("img")).toBeNull();
  expect(screen.getByRole("link", { name: "Download" }).getAttribute("href")).toBe(
    "/api/workspace/ws-1/history/1790000600000-0000000b/download/?path=project%2F%253Cb%253E.py",
  );
});

it("says what putting back does before it does it, and what came of it", async () => {
  const api = fakeApi({ left_out: [{ name: "a.py", reason: "is a folder now" }], left_out_count: 1 });
  view([checkpoint(), OLDER]);
  fireEvent.click(await screen.findByRole("button", { name: /<b>\.py/ }));
  fireEvent.click(await screen.findByRole("button", { name: "Put this file back …" }));
  expect(screen.getByText(/What is there now is kept first/)).toBeTruthy();
  expect(api.changes()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Put back" }));
  const said = await screen.findByText("One file is back as it was.");
  expect(said.parentElement?.textContent).toMatch(/One file was not put back:a\.py is a folder now/);
  expect(api.changes()).toEqual([
    {
      route: "POST /api/workspace/ws-1/history/1790000600000-0000000b/put-back/",
      body: { path: "project/%3Cb%3E.py", continues: "" },
    },
  ]);
});

it("stays open and says why when something fails", async () => {
  fakeApi({ state: "failed", failure: "The home is full." });
  view([checkpoint()]);
  fireEvent.click(screen.getByRole("button", { name: "Put everything back …" }));
  fireEvent.click(screen.getByRole("button", { name: "Put back" }));
  await waitFor(() => expect(screen.getByText("The home is full.")).toBeTruthy());
});

it("names what changed, and days, in words", () => {
  expect(changedWords(checkpoint({ changed: ["a", "b"], changed_count: 2 }))).toBe("a and b changed");
  expect(changedWords(checkpoint({ changed: ["a", "b", "c"], changed_count: 9 }))).toBe("a and 8 more changed");
  expect(changedWords(checkpoint({ changed: [], changed_count: 0 }))).toBe("");
  const days = byDay(
    [checkpoint(), checkpoint({ taken_at: "2026-09-01T10:00:00Z" })],
    Date.parse("2026-09-21T15:00:00Z"),
  );
  expect(days.map(({ label }) => label)).toEqual(["Today", expect.stringMatching(/September/)]);
});

it("reads names of folders as people wrote them, and leaves what is no text", () => {
  expect(stepsTo("project/my%20work/%FF").map(({ name }) => name)).toEqual(["project", "my work", "%FF"]);
});

it("lets an instructor read a student's history, and change nothing", async () => {
  const of = "/api/cohorts/{cohort_id}/members/{student_id}/history/" as const;
  const main = { path: "main.py", name: "main.py", is_folder: false, size: 9, changed_at: null };
  const folder = { path: "src", name: "src", is_folder: true, size: 2, changed_at: null };
  const file = { text: HTML, cut: false, size: 9, compared: true, missing_there: false, lines: [] };
  const items = [checkpoint(), OLDER];
  const api = new FakeApi({
    "GET /api/me/": { status: 200, body: person({ role: "instructor" }) },
    "GET /api/cohorts/{cohort_id}/": { status: 200, body: cohort() },
    [`GET ${of}`]: { status: 200, body: { items, every_minutes: 10, instructors_see_it: true } },
    [`GET ${of}{checkpoint_id}/folder/`]: { status: 200, body: { items: [folder, main], cut: false } },
    [`GET ${of}{checkpoint_id}/file/`]: { status: 200, body: file },
  });
  show(<StudentHistoryPage />);
  fireEvent.click(await screen.findByRole("button", { name: /^main\.py/ }));
  expect(await screen.findByText(HTML)).toBeTruthy();
  expect(screen.queryByRole("option", { name: /up to now/ }), "files as they are now need a look").toBeNull();
  expect(screen.queryByRole("button", { name: /Put .* back/ })).toBeNull();
  expect(screen.queryByRole("button", { name: /Put back/ })).toBeNull();
  expect(screen.queryByRole("link", { name: /Download/ })).toBeNull();
  expect(api.changes()).toEqual([]);
});
