// @vitest-environment jsdom
import { act, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { FakeApi, show } from "@/testing/fake-api";

import { OwnClassLine } from "./own-class-line";

const ROUTE = "GET /api/class/";

it("tells a student the class, who teaches it, and that it meets now", async () => {
  const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();
  const meets = { starts_at: minutes(-5), ends_at: minutes(60), title: "JavaScript and React" };
  const own = { name: "Berlin-3", time_zone: "Europe/Berlin", instructors: ["Ines", "Jo"], next_class: meets };
  new FakeApi({ [ROUTE]: { status: 200, body: { cohort: own } } });
  show(<OwnClassLine track="FSD" />);
  expect(await screen.findByText("Berlin-3 · Full-stack development · with Ines, Jo")).toBeTruthy();
  expect(screen.getByText(/^Class: Now, until .* · JavaScript and React$/)).toBeTruthy();
});

it("names the track of a student without a class", async () => {
  const api = new FakeApi({ [ROUTE]: { status: 200, body: { cohort: null } } });
  show(<OwnClassLine track="DP" />);
  await waitFor(() => expect(api.sent).toHaveLength(1));
  expect(document.body.textContent).toBe("Data professional");
});

it("shows the next class when this one is over", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();
  const own = { name: "Berlin-3", time_zone: "Europe/Berlin", instructors: [] };
  const meets = { starts_at: minutes(-5), ends_at: minutes(10), title: "React" };
  const api = new FakeApi({ [ROUTE]: { status: 200, body: { cohort: { ...own, next_class: meets } } } });
  show(<OwnClassLine track="FSD" />);
  expect(await screen.findByText(/^Class: Now, until .* · React$/)).toBeTruthy();
  api.answers[ROUTE] = { status: 200, body: { cohort: { ...own, next_class: null } } };
  await act(() => vi.advanceTimersByTimeAsync(11 * 60_000));
  await waitFor(() => expect(screen.queryByText(/^Class:/)).toBeNull());
  vi.useRealTimers();
});
