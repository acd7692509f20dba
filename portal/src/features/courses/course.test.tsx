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
