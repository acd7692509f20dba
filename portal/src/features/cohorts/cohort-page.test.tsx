// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { MayChange } from "@/lib/session/may-change";
import { cohort, person } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { CohortView } from "./cohort-page";

const WALL = "GET /api/cohorts/{cohort_id}/wall/";
const SHARED = "GET /api/cohorts/{cohort_id}/shared/";
const ASSIGNMENTS = "GET /api/cohorts/{cohort_id}/assignments/";
const MEMBER = { id: "a1", name: "Amira", email: "a@school.example", active: true, joined_at: "2026-11-01T00:00:00Z" };

it("shows a teaching assistant the class and offers nothing that would be refused", async () => {
  const api = new FakeApi({
    [WALL]: { status: 200, body: { items: [] } },
    [ASSIGNMENTS]: { status: 200, body: { items: [] } },
    [SHARED]: { status: 200, body: { available: true, limit_bytes: 1, versions: [], uploads: [], files: [] } },
    "GET /api/me/": { status: 200, body: person({ role: "assistant" }) },
  });
  const taught = { members: [MEMBER], instructors: [{ id: "t", name: "Tom", role: "assistant" as const }] };
  show(
    <MayChange value={false}>
      <CohortView cohort={cohort(taught)} me={person({ role: "assistant" })} />
    </MayChange>,
  );
  expect(await screen.findByText("Nothing was handed out yet.")).toBeTruthy();
  expect(screen.getByText("Taught by Tom (teaching assistant)")).toBeTruthy();
  expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual([
    "Hide names",
    "Full screen",
    "Copy",
  ]);
  expect(document.title).toBe("Berlin-3 · ApraNova");
  expect(api.changes()).toEqual([]);
});
