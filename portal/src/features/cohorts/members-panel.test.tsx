// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { MembersPanel } from "./members-panel";
import { cohort, FakeApi, ID, show } from "./testing";

const AMIRA = {
  id: "a1",
  name: "Amira Okafor",
  email: "amira@school.example",
  active: true,
  joined_at: "2026-11-01T00:00:00Z",
};
const CANDIDATES = `GET /api/cohorts/${ID}/candidates/`;
const nobody = { [CANDIDATES]: { body: { items: [] } } };

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function choose(entry: RegExp) {
  fireEvent.click(screen.getByRole("button", { name: "Actions for Amira Okafor" }));
  fireEvent.click(screen.getByRole("menuitem", { name: entry }));
}

it("removes a student only after a question", async () => {
  const remove = `DELETE /api/cohorts/${ID}/members/a1/`;
  const api = new FakeApi({ ...nobody, [remove]: { body: cohort() } });
  show(<MembersPanel cohort={cohort({ members: [AMIRA] })} />);
  choose(/Remove/);
  expect(api.changes()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Remove from cohort" }));
  await waitFor(() => expect(api.changes()).toEqual([{ route: remove, body: null }]));
});

it("moves a student to another cohort of the same track", async () => {
  const move = "PUT /api/cohorts/c2/members/a1/";
  const api = new FakeApi({
    ...nobody,
    "GET /api/cohorts/": {
      body: {
        items: [cohort(), cohort({ id: "c2", name: "Berlin-4" }), cohort({ id: "c3", name: "Lisbon-1", track: "DP" })],
      },
    },
    [move]: { body: cohort({ id: "c2" }) },
  });
  show(<MembersPanel cohort={cohort({ members: [AMIRA] })} />);
  choose(/Move/);
  const select = await screen.findByLabelText("To the cohort");
  expect([...select.querySelectorAll("option")].map(({ textContent }) => textContent)).toEqual(["Berlin-4"]);
  fireEvent.click(screen.getByRole("button", { name: "Move" }));
  await waitFor(() => expect(api.changes()).toEqual([{ route: move, body: null }]));
});

it("adds a student who is in no cohort, and says why when that is refused", async () => {
  const put = `PUT /api/cohorts/${ID}/members/b2/`;
  const refused = { status: 409, body: { detail: "A cohort has at most 2000 students.", reason: "cohort_full" } };
  const ben = { id: "b2", name: "Ben Larsen", email: "ben@school.example" };
  new FakeApi({ [CANDIDATES]: { body: { items: [ben] } }, [put]: refused });
  show(<MembersPanel cohort={cohort()} />);
  await screen.findByText("Ben Larsen (ben@school.example)");
  fireEvent.click(screen.getByRole("button", { name: "Add" }));
  expect(await screen.findByText("A cohort has at most 2000 students.")).toBeTruthy();
});

it("invites somebody new into the cohort and shows the link once", async () => {
  const url = "http://localhost/signup?invitation=key";
  const api = new FakeApi({
    ...nobody,
    "POST /api/invitations/": { status: 201, body: { email: "new@school.example", url } },
  });
  show(<MembersPanel cohort={cohort()} />);
  fireEvent.change(screen.getByLabelText("Invite somebody new"), { target: { value: "new@school.example" } });
  fireEvent.click(screen.getByRole("button", { name: "Invite" }));
  expect((await screen.findByRole("link", { name: url })).getAttribute("href")).toBe(url);
  expect(api.changes()[0]?.body).toEqual({ email: "new@school.example", role: "student", track: "FSD", cohort_id: ID });
});
