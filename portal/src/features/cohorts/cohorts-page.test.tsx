// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { Me, SizeList } from "@/lib/api/types";
import { cohort, COHORT_ID, person } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import { router } from "@/testing/router";

import { CohortsPage } from "./cohorts-page";

const me = (role: Me["role"]) => ({ status: 200, body: person({ role }) }) as const;

const SIZES: SizeList = {
  items: [
    { size: "small", memory_mib: 768, is_default: true },
    { size: "medium", memory_mib: 1536, is_default: false },
    { size: "large", memory_mib: 3072, is_default: false },
  ],
  choices: [],
  chosen: null,
};

it("tells a student that the page is not for them, and requests no cohorts", async () => {
  const api = new FakeApi({ "GET /api/me/": me("student") });
  show(<CohortsPage />);
  expect(await screen.findByText("This page is for instructors")).toBeTruthy();
  expect(api.sent.map(({ route }) => route)).toEqual(["GET /api/me/"]);
});

it("leads from the empty list to a new cohort", async () => {
  const api = new FakeApi({
    "GET /api/me/": me("instructor"),
    "GET /api/cohorts/": { status: 200, body: { items: [] } },
    "GET /api/workspace/sizes/": { status: 200, body: SIZES },
    "POST /api/cohorts/": { status: 201, body: cohort({ name: "Berlin-4" }) },
  });
  show(<CohortsPage />);
  expect(await screen.findByText("No cohorts yet")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Create a cohort" }));
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: " Berlin-4 " } });
  fireEvent.change(screen.getByLabelText("Time zone"), { target: { value: "Europe/Berlin" } });
  expect(await screen.findByText("The school's default (small)")).toBeTruthy();
  expect(screen.getByText("Medium: 1.5 GB, for Next.js or a database")).toBeTruthy();
  fireEvent.change(screen.getByLabelText("Workspace size"), { target: { value: "medium" } });
  fireEvent.change(screen.getByLabelText("Students may choose"), { target: { value: "large" } });
  fireEvent.click(screen.getByRole("button", { name: "Create cohort" }));
  await waitFor(() => expect(router.push).toHaveBeenCalledWith(`/cohorts/${COHORT_ID}`));
  expect(api.changes()).toEqual([
    {
      route: "POST /api/cohorts/",
      body: { name: "Berlin-4", time_zone: "Europe/Berlin", size: "medium", choice_up_to: "large", track: "FSD" },
    },
  ]);
});

it("keeps the dialog open and shows the message at the field when the name is taken", async () => {
  new FakeApi({
    "GET /api/me/": me("admin"),
    "GET /api/cohorts/": { status: 200, body: { items: [] } },
    "GET /api/workspace/sizes/": { status: 200, body: SIZES },
    "POST /api/cohorts/": {
      status: 409,
      body: {
        detail: "Taken.",
        reason: "name_taken",
        errors: [{ field: "body.name", message: "This name is taken." }],
      },
    },
  });
  show(<CohortsPage />);
  fireEvent.click(await screen.findByRole("button", { name: "Create a cohort" }));
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Berlin-3" } });
  fireEvent.click(screen.getByRole("button", { name: "Create cohort" }));
  expect(await screen.findByText("This name is taken.")).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Name"));
  expect(router.push).not.toHaveBeenCalled();
});

it("lists cohorts with their students and the next class", async () => {
  const starts_at = new Date(Date.now() - 60_000).toISOString();
  const next = { starts_at, ends_at: new Date(Date.now() + 3_600_000).toISOString(), title: "Algorithms" };
  const items = [
    cohort({ students: 1, has_timetable: true, next_class: next }),
    cohort({ id: "2", name: "Old", active: false }),
  ];
  new FakeApi({ "GET /api/me/": me("instructor"), "GET /api/cohorts/": { status: 200, body: { items } } });
  show(<CohortsPage />);
  expect((await screen.findByRole("link", { name: "Berlin-3" })).getAttribute("href")).toBe(`/cohorts/${COHORT_ID}`);
  expect(screen.getByText("1 student")).toBeTruthy();
  expect(screen.getByText(/^Now, until/)).toBeTruthy();
  expect(screen.getByText("No timetable yet")).toBeTruthy();
  expect(screen.getByText("Inactive")).toBeTruthy();
});
