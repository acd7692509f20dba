// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import type { JoinLink } from "@/lib/api/types";
import { cohort, COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { JoinLinksPanel } from "./join-links";

const LINKS = "GET /api/cohorts/{cohort_id}/join-links/";
const link: JoinLink = {
  id: "l1",
  url: "http://localhost/join/the-key",
  state: "open",
  ends_at: "2026-11-30T12:00:00Z",
  places: 30,
  taken: 12,
  waiting: 1,
  domains: ["school.example"],
  created_by: "Ines",
};

function open(items: JoinLink[], sends_mail = true) {
  const api = new FakeApi({
    [LINKS]: { status: 200, body: { items, sends_mail } },
    "POST /api/cohorts/{cohort_id}/join-links/": { status: 204, body: undefined },
    "DELETE /api/cohorts/{cohort_id}/join-links/{link_id}/": { status: 204, body: undefined },
  });
  show(<JoinLinksPanel cohort={cohort()} />);
  return api;
}

it("creates a link with an end, places and domains", async () => {
  const api = open([]);
  fireEvent.click(await screen.findByRole("button", { name: "Create a join link" }));
  fireEvent.change(screen.getByLabelText("Places"), { target: { value: "25" } });
  fireEvent.change(screen.getByLabelText(/Only for these/), { target: { value: "a.example, b.example" } });
  fireEvent.click(screen.getByRole("button", { name: "Create" }));
  await waitFor(() =>
    expect(api.changes()).toEqual([
      {
        route: `POST /api/cohorts/${COHORT_ID}/join-links/`,
        body: { hours: 24, places: 25, domains: ["a.example", "b.example"] },
      },
    ]),
  );
});

it("shows how many have joined, copies the link, and shows its code to the room", async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  open([link]);
  expect(await screen.findByText(/12 of 30 places taken · 1 person invited by email · open until/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Copy" }));
  expect(await screen.findByText("Copied")).toBeTruthy();
  expect(writeText).toHaveBeenCalledWith(link.url);
  fireEvent.click(screen.getByRole("button", { name: "Show on a projector" }));
  expect(screen.getByRole("img", { name: "QR code with the link to join Berlin-3" })).toBeTruthy();
});

it("ends a link only after a confirmation", async () => {
  const api = open([link]);
  fireEvent.click(await screen.findByRole("button", { name: "End …" }));
  expect(api.changes()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "End join link" }));
  await waitFor(() => expect(api.changes()[0]?.route).toBe(`DELETE /api/cohorts/${COHORT_ID}/join-links/l1/`));
});

it("says before a link is made that the school sends no email", async () => {
  open([], false);
  expect(await screen.findByText(/only students who already have an account can join/)).toBeTruthy();
});
