// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { AuditRecord } from "@/lib/api/types";
import { FakeApi, show } from "@/testing/fake-api";

import { AuditTab, queryOf } from "./audit-tab";

const LIST = "GET /api/console/audit/";
const record = (id: number): AuditRecord => ({
  id,
  at: "2026-11-30T12:00:00Z",
  who: "amara@school.example",
  sentence: `Amara stopped workspace ${id}`,
  action: "workspace.stop",
  target: `workspace ${id}`,
  ip: "203.0.113.7",
  details: {},
});

it("reads as sentences, and older ones are a click away", async () => {
  let asked = 0;
  new FakeApi({
    [LIST]: () => {
      asked += 1;
      return { status: 200, body: { items: [record(10 - asked)], more_before: asked === 1 ? 9 : null } };
    },
  });
  show(<AuditTab />);
  expect(await screen.findByText("Amara stopped workspace 9")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Show older ones" }));
  expect(await screen.findByText("Amara stopped workspace 8")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Show older ones" })).toBeNull();
});

it("saves what the filters show", async () => {
  new FakeApi({ [LIST]: { status: 200, body: { items: [], more_before: null } } });
  show(<AuditTab />);
  fireEvent.change(screen.getByLabelText("What"), { target: { value: "workspace." } });
  await waitFor(() =>
    expect(screen.getByRole("link", { name: "Save as CSV" }).getAttribute("href")).toBe(
      "/api/console/audit/export.csv?action=workspace.",
    ),
  );
  expect(await screen.findByText("Nothing found")).toBeTruthy();
});

it("counts the last day to its end", () => {
  const { since, until } = queryOf({ person: "", action: "", from: "2026-11-30", to: "2026-11-30" });
  expect(Date.parse(until ?? "") - Date.parse(since ?? "")).toBe(86_400_000);
});
