// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { Course } from "@/lib/api/types";
import { cohort, COHORT_ID, courseState } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import { router } from "@/testing/router";

import { CourseView } from "./course-page";
import { CoursePanel } from "./course-panel";

const COURSE: Course = { id: "c1", title: "Algebra", platform: "Nordlicht Moodle", connected: false, cohort: null };
const STATE = "GET /api/cohorts/{cohort_id}/course/";

it("connects a course with one of the active cohorts, and opens it", async () => {
  const api = new FakeApi({
    "GET /api/cohorts/": {
      status: 200,
      body: { items: [cohort(), cohort({ id: "old", name: "Old", active: false })] },
    },
    "PUT /api/courses/{course_id}/": {
      status: 200,
      body: { ...COURSE, connected: true, cohort: { id: COHORT_ID, name: "Berlin-3" } },
    },
  });
  show(<CourseView course={COURSE} />);
  expect((await screen.findAllByRole("option")).map((it) => it.textContent)).toEqual([
    "Berlin-3 · Full-stack development",
  ]);
  fireEvent.click(screen.getByRole("button", { name: "Connect" }));
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith(`/cohorts/${COHORT_ID}`));
  expect(api.changes()).toEqual([{ route: "PUT /api/courses/c1/", body: { cohort_id: COHORT_ID } }]);
});

it("says why a course cannot be connected", async () => {
  new FakeApi({
    "GET /api/cohorts/": { status: 200, body: { items: [cohort()] } },
    "PUT /api/courses/{course_id}/": {
      status: 409,
      body: { reason: "cohort_connected", detail: "Berlin-3 is connected with another course.", remedy: "Disconnect." },
    },
  });
  show(<CourseView course={COURSE} />);
  fireEvent.click(await screen.findByRole("button", { name: "Connect" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Berlin-3 is connected with another course.");
  expect(router.replace).not.toHaveBeenCalled();
});

it("does not offer to connect what is another teacher's, or without a cohort", async () => {
  const api = new FakeApi({ "GET /api/cohorts/": { status: 200, body: { items: [] } } });
  show(<CourseView course={{ ...COURSE, connected: true }} />);
  expect(screen.getByText("This course is connected with a cohort that you do not teach")).toBeTruthy();
  document.body.replaceChildren();
  show(<CourseView course={{ ...COURSE, title: "" }} />);
  expect(await screen.findByText("You have no cohort yet")).toBeTruthy();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Your course");
  expect(screen.queryByRole("button")).toBeNull();
  expect(api.changes()).toEqual([]);
});

it("shows nothing on a cohort's page at a school without a learning platform", async () => {
  const api = new FakeApi({ [STATE]: { status: 200, body: courseState() } });
  const { container } = show(<CoursePanel cohort={cohort()} />);
  await waitFor(() => expect(api.sent).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve));
  expect(container.textContent).toBe("");
});

it("tells how to connect a course, and disconnects one", async () => {
  new FakeApi({ [STATE]: { status: 200, body: courseState({ platform: "Nordlicht Moodle" }) } });
  show(<CoursePanel cohort={cohort()} />);
  expect(await screen.findByText(/Open ApraNova from your course in Nordlicht Moodle once/)).toBeTruthy();
  document.body.replaceChildren();

  const connected = courseState({
    platform: "Nordlicht Moodle",
    course: "Algebra",
    connected_at: "2026-11-01T09:00:00Z",
  });
  const api = new FakeApi({
    [STATE]: { status: 200, body: connected },
    "DELETE /api/cohorts/{cohort_id}/course/": { status: 200, body: courseState({ platform: "Nordlicht Moodle" }) },
  });
  show(<CoursePanel cohort={cohort()} />);
  expect(await screen.findByText("Algebra")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Disconnect …" }));
  fireEvent.click(await screen.findByRole("button", { name: "Disconnect" }));
  expect(await screen.findByText(/No course is connected/)).toBeTruthy();
  expect(api.changes().map(({ route }) => route)).toEqual([`DELETE /api/cohorts/${COHORT_ID}/course/`]);
});

const CONNECTED = { platform: "Nordlicht Moodle", course: "Algebra", connected_at: "2026-11-01T09:00:00Z" };

it("shows whom the course has, and imports them only on request", async () => {
  const line = { number: 1, email: "zoe@school.example", name: "Zoë", outcome: "invite" as const, note: "" };
  const refused = { ...line, number: 2, email: "", name: "Shy", outcome: "refused" as const, note: "no address" };
  const roster = { lines: [line, refused], missing: [] };
  const api = new FakeApi({
    [STATE]: { status: 200, body: courseState({ ...CONNECTED, shares_people: true }) },
    "POST /api/cohorts/{cohort_id}/course/roster/preview/": { status: 200, body: roster },
    "POST /api/cohorts/{cohort_id}/course/roster/": { status: 200, body: roster },
  });
  show(<CoursePanel cohort={cohort()} />);
  fireEvent.click(await screen.findByRole("button", { name: "Check the course's people" }));
  expect(await screen.findByText("1 person will be invited")).toBeTruthy();
  expect(screen.getByText("1 line cannot be used")).toBeTruthy();
  expect(api.changes()).toHaveLength(1);
  fireEvent.click(screen.getByRole("button", { name: "Import 1 student" }));
  expect(await screen.findByText("1 person is invited, 1 line was left out.")).toBeTruthy();
  expect(api.changes().map(({ route }) => route.split("/course/")[1])).toEqual(["roster/preview/", "roster/"]);
});

it("says in words which marks have not arrived and what to do, and sends them again", async () => {
  const problem = {
    student: "Ana",
    assignment: "Loops",
    text: "The mark “A” is no number of points.",
    tried_again_at: null,
  };
  const state = courseState({ ...CONNECTED, shares_gradebook: true, marks_sent: 3, mark_problems: [problem] });
  const api = new FakeApi({
    [STATE]: { status: 200, body: state },
    "POST /api/cohorts/{cohort_id}/course/marks/": {
      status: 200,
      body: { ...state, marks_waiting: 1, mark_problems: [] },
    },
  });
  show(<CoursePanel cohort={cohort()} />);
  expect(await screen.findByText("Ana · Loops")).toBeTruthy();
  expect(screen.getByText(/no number of points/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Send missing marks again" }));
  expect(await screen.findByText(/3 marks are there, 1 mark is on the way/)).toBeTruthy();
  expect(screen.queryByText("Ana · Loops")).toBeNull();
  expect(api.changes()).toHaveLength(1);
});

it("shows the marks of students with the same name, until they have arrived", async () => {
  const problem = { student: "Ana", assignment: "Loops", text: "Refused.", tried_again_at: null };
  const other = { ...problem, student: "Ben" };
  const state = courseState({ ...CONNECTED, shares_gradebook: true, mark_problems: [problem, problem, other] });
  new FakeApi({
    [STATE]: { status: 200, body: state },
    "POST /api/cohorts/{cohort_id}/course/marks/": { status: 200, body: { ...state, mark_problems: [other] } },
  });
  show(<CoursePanel cohort={cohort({ active: false })} />);
  expect(await screen.findAllByText("Ana · Loops")).toHaveLength(2);
  expect(screen.getByText(/The cohort is inactive, so nobody joins it from there/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Send missing marks again" }));
  await waitFor(() => expect(screen.queryByText("Ana · Loops")).toBeNull());
  expect(screen.getAllByText("Ben · Loops")).toHaveLength(1);
});

it("says what a platform does not share", async () => {
  new FakeApi({ [STATE]: { status: 200, body: courseState(CONNECTED) } });
  show(<CoursePanel cohort={cohort()} />);
  expect(await screen.findByText(/does not share the course's list of people/)).toBeTruthy();
  expect(screen.getByText(/does not share the course's gradebook/)).toBeTruthy();
  expect(screen.getAllByRole("button").map((it) => it.textContent)).toEqual(["Disconnect …"]);
});
