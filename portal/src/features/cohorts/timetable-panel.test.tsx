// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import { cohort, COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { TimetablePanel } from "./timetable-panel";

const PREVIEW = "POST /api/cohorts/{cohort_id}/timetable/preview/";
const SET = "PUT /api/cohorts/{cohort_id}/timetable/";
const sent = (route: string) => route.replace("{cohort_id}", COHORT_ID);
const CLASS = {
  starts_at: new Date(Date.now() + 86_400_000).toISOString(),
  ends_at: new Date(Date.now() + 90_000_000).toISOString(),
  title: "Algorithms",
};
const TIMETABLE = {
  file_name: "term.ics",
  uploaded_at: new Date().toISOString(),
  uploaded_by: "Ines",
  classes: [CLASS],
  notes: ["1 entry is canceled and left out."],
  feed: null,
};

function choose(name: string, content: string, size?: number) {
  const file = new File([content], name, { type: "text/calendar" });
  Object.defineProperty(file, "arrayBuffer", {
    value: () => Promise.resolve(new TextEncoder().encode(content).buffer),
  });
  if (size !== undefined) Object.defineProperty(file, "size", { value: size });
  fireEvent.change(screen.getByLabelText("Timetable file"), { target: { files: [file] } });
}

it("shows the classes in a file before it is used, and uses it on request", async () => {
  const used = cohort({ has_timetable: true, timetable: TIMETABLE });
  const api = new FakeApi({
    [PREVIEW]: { status: 200, body: { classes: [CLASS], notes: ["1 entry is canceled and left out."] } },
    [SET]: { status: 200, body: used },
  });
  show(<TimetablePanel cohort={cohort()} />);
  choose("term.ics", "BEGIN:VCALENDAR");
  expect(await screen.findByText("Algorithms")).toBeTruthy();
  expect(screen.getByText("1 entry is canceled and left out.")).toBeTruthy();
  expect(api.changes().map(({ route }) => route)).toEqual([sent(PREVIEW)]);
  fireEvent.click(screen.getByRole("button", { name: "Use this timetable" }));
  expect((await screen.findByRole("alert")).textContent).toContain("term.ics is now the timetable.");
  expect(api.changes().at(-1)).toEqual({
    route: sent(SET),
    body: { file_name: "term.ics", content: "", file: btoa("BEGIN:VCALENDAR") },
  });
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Upload timetable" }));
});

it("says what is wrong with a file, line by line, and lets it be corrected and chosen again", async () => {
  const errors = [
    { field: "body.content.7", message: "Line 7: nobody knows the time zone “Mars/Base”." },
    { field: "body.content.9", message: "Line 9: “FREQ=MINUTELY” repeats more often than a class does." },
  ];
  new FakeApi({ [PREVIEW]: { status: 422, body: { detail: "No.", reason: "bad_timetable", errors } } });
  show(<TimetablePanel cohort={cohort()} />);
  choose("term.ics", "BEGIN:VCALENDAR");
  const alert = await screen.findByRole("alert");
  expect([...alert.querySelectorAll("li")].map(({ textContent }) => textContent)).toEqual(
    errors.map(({ message }) => message),
  );
  expect(screen.queryByRole("button", { name: "Use this timetable" })).toBeNull();
  new FakeApi({ [PREVIEW]: { status: 200, body: { classes: [CLASS], notes: [] } } });
  choose("term.ics", "BEGIN:VCALENDAR corrected");
  expect(await screen.findByText("Algorithms")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("does not send a file that is too large", async () => {
  const api = new FakeApi({});
  show(<TimetablePanel cohort={cohort()} />);
  choose("photo.ics", "x", 5_000_000);
  expect((await screen.findByRole("alert")).textContent).toContain("photo.ics is too large");
  expect(api.sent).toEqual([]);
});

it("forgets a file that is discarded", async () => {
  const api = new FakeApi({ [PREVIEW]: { status: 200, body: { classes: [CLASS], notes: [] } } });
  show(<TimetablePanel cohort={cohort()} />);
  choose("term.ics", "BEGIN:VCALENDAR");
  fireEvent.click(await screen.findByRole("button", { name: "Discard" }));
  expect(screen.queryByText("Algorithms")).toBeNull();
  expect(api.changes()).toHaveLength(1);
});

it("removes the timetable only after a confirmation", async () => {
  const remove = "DELETE /api/cohorts/{cohort_id}/timetable/";
  const api = new FakeApi({ [remove]: { status: 200, body: cohort() } });
  show(<TimetablePanel cohort={cohort({ has_timetable: true, timetable: TIMETABLE })} />);
  expect(screen.getByText("term.ics")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Remove" }));
  expect(api.sent).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Remove timetable" }));
  await waitFor(() => expect(api.changes()).toEqual([{ route: sent(remove), body: null }]));
});

const FEED_PREVIEW = "POST /api/cohorts/{cohort_id}/timetable/feed/preview/";
const FOLLOW = "PUT /api/cohorts/{cohort_id}/timetable/feed/";
const FEED = {
  host: "calendar.example",
  read_at: new Date().toISOString(),
  changed_at: null,
  changes: [],
  changes_count: 0,
  broken_since: null,
  problem: "",
};

it("shows the classes at an address before it is followed, and follows it on request", async () => {
  const following = cohort({ has_timetable: true, timetable: { ...TIMETABLE, feed: FEED } });
  const api = new FakeApi({
    [FEED_PREVIEW]: { status: 200, body: { classes: [CLASS], notes: ["1 entry is canceled and left out."] } },
    [FOLLOW]: { status: 200, body: following },
  });
  show(<TimetablePanel cohort={cohort()} />);
  fireEvent.click(screen.getByRole("button", { name: "Follow an address" }));
  const field = screen.getByLabelText("Calendar address");
  expect(document.activeElement).toBe(field);
  fireEvent.change(field, { target: { value: "webcal://calendar.example/a.ics" } });
  fireEvent.click(screen.getByRole("button", { name: "Show its classes" }));
  expect(await screen.findByText("Algorithms")).toBeTruthy();
  expect(api.changes().map(({ route }) => route)).toEqual([sent(FEED_PREVIEW)]);
  fireEvent.click(screen.getByRole("button", { name: "Follow this calendar" }));
  expect((await screen.findByRole("alert")).textContent).toContain(
    "The calendar at calendar.example is now the timetable.",
  );
  expect(api.changes().at(-1)).toEqual({ route: sent(FOLLOW), body: { address: "webcal://calendar.example/a.ics" } });
  expect(screen.queryByLabelText("Calendar address")).toBeNull();
});

it("says at the field why an address cannot be followed", async () => {
  const errors = [{ field: "body.address", message: "x.example is inside a private network." }];
  new FakeApi({ [FEED_PREVIEW]: { status: 422, body: { detail: "No.", reason: "bad_feed", errors } } });
  show(<TimetablePanel cohort={cohort()} />);
  fireEvent.click(screen.getByRole("button", { name: "Follow an address" }));
  fireEvent.change(screen.getByLabelText("Calendar address"), { target: { value: "https://x.example/" } });
  fireEvent.click(screen.getByRole("button", { name: "Show its classes" }));
  expect(await screen.findByText("x.example is inside a private network.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Follow this calendar" })).toBeNull();
});

it("says when a followed calendar was read, what changed and since when it is broken", () => {
  const moved = { ...CLASS, title: "Databases" };
  const feed = {
    ...FEED,
    changed_at: new Date().toISOString(),
    changes: [
      { before: null, after: CLASS },
      { before: moved, after: { ...moved, starts_at: CLASS.ends_at, ends_at: CLASS.ends_at } },
      { before: { ...CLASS, title: "Networks" }, after: null },
    ],
    changes_count: 5,
    broken_since: new Date().toISOString(),
    problem: "There is no calendar at the address any more.",
  };
  show(<TimetablePanel cohort={cohort({ has_timetable: true, timetable: { ...TIMETABLE, feed } })} />);
  expect(screen.getByText(/last read just now/)).toBeTruthy();
  expect(screen.getByText(/^New: Algorithms, Tomorrow/)).toBeTruthy();
  expect(screen.getByText(/^Moved: Databases, from Tomorrow/)).toBeTruthy();
  expect(screen.getByText(/^Gone: Networks/)).toBeTruthy();
  expect(screen.getByText("and 2 more")).toBeTruthy();
  expect(screen.getByRole("status").textContent).toContain("This is the last good timetable.");
  expect(screen.getByRole("status").textContent).toContain("There is no calendar at the address any more.");
});
