// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import { Announcements } from "@/features/announcements/announcements";
import type { Announcement } from "@/lib/api/types";
import { cohort, COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { AnnouncementsTab } from "./announcements-tab";

const ALL = "/api/console/announcements/";

function announcement(fields: Partial<Announcement> = {}): Announcement {
  const times = { begins_at: "2026-11-30T08:00:00Z", ends_at: "2026-12-01T08:00:00Z" };
  return { id: "n1", text: "Closed on <b>Friday</b>", cohort: null, sender: "Ada", ...times, ...fields };
}

it("announces to one cohort, with an end, and ends what is shown", async () => {
  const api = new FakeApi({
    [`GET ${ALL}`]: { status: 200, body: { items: [announcement()] } },
    [`POST ${ALL}`]: { status: 201, body: announcement() },
    [`DELETE ${ALL}{announcement_id}/`]: { status: 204, body: undefined },
    "GET /api/cohorts/": { status: 200, body: { items: [cohort()] } },
  });
  show(<AnnouncementsTab />);
  await screen.findByRole("option", { name: "Berlin-3" });
  fireEvent.change(screen.getByLabelText("Announcement"), { target: { value: "Room 2" } });
  fireEvent.change(screen.getByLabelText("For"), { target: { value: COHORT_ID } });
  fireEvent.change(screen.getByLabelText("Ends after"), { target: { value: "4" } });
  fireEvent.click(screen.getByRole("button", { name: "Announce" }));
  expect((await screen.findByRole("alert")).textContent).toBe("It is announced.");
  fireEvent.click(screen.getByRole("button", { name: /^End now/ }));
  fireEvent.click(screen.getByRole("button", { name: "End it" }));
  await waitFor(() =>
    expect(api.changes()).toEqual([
      { route: `POST ${ALL}`, body: { text: "Room 2", hours: 4, cohort_id: COHORT_ID } },
      { route: `DELETE ${ALL}n1/`, body: null },
    ]),
  );
});

it("shows announcements as plain text, and nothing when there are none", async () => {
  new FakeApi({ "GET /api/announcements/": { status: 200, body: { items: [announcement()] } } });
  show(<Announcements />);
  expect(await screen.findByText("Closed on <b>Friday</b>")).toBeTruthy();
  expect(screen.getByText("From your school")).toBeTruthy();
});
