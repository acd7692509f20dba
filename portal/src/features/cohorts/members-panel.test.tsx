// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import { cohort, COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import type { Answers } from "@/testing/routes";

import { MembersPanel } from "./members-panel";

const AMIRA = {
  id: "a1",
  name: "Amira Okafor",
  email: "amira@school.example",
  active: true,
  joined_at: "2026-11-01T00:00:00Z",
};
const INVITATION = {
  id: "i1",
  email: "new@school.example",
  role: "student",
  track: "FSD",
  cohort: "Berlin-3",
  created_at: "2026-11-01T00:00:00Z",
  expires_at: "2026-11-15T00:00:00Z",
  accepted_at: null,
  invited_by: "Ines",
} as const;
const MEMBER = "/api/cohorts/{cohort_id}/members/{student_id}/";
const CANDIDATES = "GET /api/cohorts/{cohort_id}/candidates/";
const PENDING = "GET /api/cohorts/{cohort_id}/invitations/";
const nobody: Answers = {
  [CANDIDATES]: { status: 200, body: { items: [] } },
  [PENDING]: { status: 200, body: { items: [] } },
};

function choose(entry: RegExp) {
  fireEvent.click(screen.getByRole("button", { name: "Actions for Amira Okafor" }));
  fireEvent.click(screen.getByRole("menuitem", { name: entry }));
}

it("removes a student only after a confirmation", async () => {
  const api = new FakeApi({ ...nobody, [`DELETE ${MEMBER}`]: { status: 200, body: cohort() } });
  show(<MembersPanel cohort={cohort({ members: [AMIRA] })} />);
  choose(/Remove/);
  expect(api.changes()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Remove from cohort" }));
  await waitFor(() =>
    expect(api.changes()).toEqual([{ route: `DELETE /api/cohorts/${COHORT_ID}/members/a1/`, body: null }]),
  );
});

it("moves a student to another cohort of the same track", async () => {
  const items = [cohort(), cohort({ id: "c2", name: "Berlin-4" }), cohort({ id: "c3", name: "Lisbon-1", track: "DP" })];
  const api = new FakeApi({
    ...nobody,
    "GET /api/cohorts/": { status: 200, body: { items } },
    [`PUT ${MEMBER}`]: { status: 200, body: cohort({ id: "c2" }) },
    "GET /api/cohorts/{cohort_id}/": { status: 200, body: cohort() },
  });
  show(<MembersPanel cohort={cohort({ members: [AMIRA] })} />);
  choose(/Move/);
  const select = await screen.findByLabelText("New cohort");
  expect([...select.querySelectorAll("option")].map(({ textContent }) => textContent)).toEqual(["Berlin-4"]);
  fireEvent.click(screen.getByRole("button", { name: "Move" }));
  await waitFor(() => expect(api.changes()).toEqual([{ route: "PUT /api/cohorts/c2/members/a1/", body: null }]));
});

it("adds a student who is in no cohort, and says why when that is refused", async () => {
  const detail = "A cohort has at most 2000 students.";
  const ben = { id: "b2", name: "Ben Larsen", email: "ben@school.example" };
  new FakeApi({
    ...nobody,
    [CANDIDATES]: { status: 200, body: { items: [ben] } },
    [`PUT ${MEMBER}`]: { status: 409, body: { detail, reason: "cohort_full" } },
  });
  show(<MembersPanel cohort={cohort()} />);
  await screen.findByText("Ben Larsen (ben@school.example)");
  fireEvent.click(screen.getByRole("button", { name: "Add" }));
  expect(await screen.findByText(detail)).toBeTruthy();
});

it("invites a new student to the cohort and shows the link", async () => {
  const url = "http://localhost/signup?invitation=key";
  const api = new FakeApi({
    ...nobody,
    "POST /api/invitations/": { status: 201, body: { ...INVITATION, url } },
  });
  show(<MembersPanel cohort={cohort()} />);
  fireEvent.change(screen.getByLabelText("Invite a new student"), { target: { value: "new@school.example" } });
  fireEvent.click(screen.getByRole("button", { name: "Invite" }));
  expect((await screen.findByRole("link", { name: url })).getAttribute("href")).toBe(url);
  expect(api.changes()[0]?.body).toEqual({
    email: "new@school.example",
    role: "student",
    track: "FSD",
    cohort_id: COHORT_ID,
  });
});
