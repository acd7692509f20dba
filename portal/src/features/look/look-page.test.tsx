// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";

import { FakeApi, show } from "@/testing/fake-api";
import { person } from "@/testing/examples";

import { LookPage } from "./look-page";

const LOOK = "/api/cohorts/{cohort_id}/members/{student_id}/look/" as const;
const ROUTE = "/api/cohorts/c1/members/s1/look/";
const HTML = "<img src=x onerror=alert(1)>";
const push = vi.hoisted(() => vi.fn());

vi.mock("next/navigation", () => ({
  usePathname: () => "/cohorts/c1/students/s1/look",
  useRouter: () => ({ push }),
}));

const folder = { path: "src", name: "src", is_folder: true, size: 0, changed_at: null };
const file = { path: "project/%3Cb%3E.py", name: "<b>.py", is_folder: false, size: 9, changed_at: null };
const problem = (status: 409 | 404, reason: string, detail: string) => ({
  status,
  body: { type: "", title: "", status, detail, reason },
});

/** What the student's home holds; a test changes it. */
function fakeApi(home: { text: string | null; size: number; ended: boolean }) {
  const unlessEnded = <Body,>(body: () => Body) =>
    home.ended ? problem(409, "look_ended", "You do not look at these files any more.") : { status: 200, body: body() };
  return new FakeApi({
    "GET /api/me/": { status: 200, body: person({ role: "assistant" }) },
    [`POST ${LOOK}`]: { status: 200, body: { student: "Ben" } },
    [`DELETE ${LOOK}`]: { status: 204, body: undefined },
    [`GET ${LOOK}folder/`]: () => unlessEnded(() => ({ items: [folder, { ...file, size: home.size }], cut: false })),
    [`GET ${LOOK}file/`]: () => unlessEnded(() => ({ text: home.text, cut: false, size: home.size })),
  } as never);
}

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  return () => vi.useRealTimers();
});

it("shows a student's file as text with numbers, and its next state when it is saved", async () => {
  const home = { text: `${HTML}\nsecond\n`, size: 9, ended: false };
  const api = fakeApi(home);
  show(<LookPage />);
  expect(await screen.findByText("Ben sees that you are looking")).toBeTruthy();
  fireEvent.click(await screen.findByRole("button", { name: "<b>.py" }));
  const shown = await screen.findByRole("region", { name: "Content of <b>.py" });
  expect([...shown.children].map((line) => line.textContent)).toEqual([HTML, "second"]);
  expect(shown.querySelector("img"), "nothing of a student's file is rendered").toBeNull();
  Object.assign(home, { text: "saved", size: 5 });
  await act(() => vi.advanceTimersByTimeAsync(2_500));
  await waitFor(() => expect(shown.textContent).toBe("saved"));
  expect(api.changes().map(({ route }) => route)).toEqual([`POST ${ROUTE}`]);
});

it("says when the look has ended, reads no more, and begins again only by a person", async () => {
  const home = { text: "one", size: 9, ended: false };
  const api = fakeApi(home);
  show(<LookPage />);
  await screen.findByText("Ben sees that you are looking");
  home.ended = true;
  await act(() => vi.advanceTimersByTimeAsync(2_500));
  expect(await screen.findByText("Your look has ended")).toBeTruthy();
  const reads = api.sent.length;
  await act(() => vi.advanceTimersByTimeAsync(20_000));
  expect(api.sent).toHaveLength(reads);
  home.ended = false;
  fireEvent.click(screen.getByRole("button", { name: "Look again" }));
  expect(await screen.findByText("Ben sees that you are looking")).toBeTruthy();
  expect(api.changes().map(({ route }) => route)).toEqual([`POST ${ROUTE}`, `POST ${ROUTE}`]);
});

it.each(["no_student", "cohort_not_found"])("has ended when somebody left the cohort (%s)", async (reason) => {
  const api = fakeApi({ text: "one", size: 9, ended: false });
  show(<LookPage />);
  await screen.findByText("Ben sees that you are looking");
  api.answers[`GET ${LOOK}folder/`] = problem(404, reason, "Not there any more.");
  await act(() => vi.advanceTimersByTimeAsync(2_500));
  expect(await screen.findByText("Your look has ended")).toBeTruthy();
  expect(screen.queryByText("Ben sees that you are looking")).toBeNull();
});

it("ends with its button, and leads back to the class", async () => {
  const api = fakeApi({ text: "one", size: 9, ended: false });
  show(<LookPage />);
  fireEvent.click(await screen.findByRole("button", { name: "Stop looking" }));
  await waitFor(() => expect(push).toHaveBeenCalledWith("/cohorts/c1"));
  expect(api.changes().map(({ route }) => route)).toEqual([`POST ${ROUTE}`, `DELETE ${ROUTE}`]);
});

it("says why nobody may look, and tries again", async () => {
  const api = fakeApi({ text: "one", size: 9, ended: false });
  api.answers[`POST ${LOOK}`] = problem(409, "not_called", "Ben has not asked for help.");
  show(<LookPage />);
  expect(await screen.findByText(/Ben has not asked for help/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(api.changes()).toHaveLength(2));
});

it("does not number a file of very many lines, which would hold up the browser", async () => {
  fakeApi({ text: "\n".repeat(200_000), size: 200_000, ended: false });
  show(<LookPage />);
  fireEvent.click(await screen.findByRole("button", { name: "<b>.py" }));
  const shown = await screen.findByRole("region", { name: "Content of <b>.py" });
  expect(shown.children).toHaveLength(0);
  expect(shown.textContent).toHaveLength(200_000);
});

it("says that a picture is no text", async () => {
  fakeApi({ text: null, size: 9, ended: false });
  show(<LookPage />);
  fireEvent.click(await screen.findByRole("button", { name: "<b>.py" }));
  expect(await screen.findByText("This is no text, so it cannot be shown.")).toBeTruthy();
});
