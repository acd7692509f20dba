// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import { FakeApi, show } from "@/testing/fake-api";

import { HoursTab } from "./hours-tab";

const COSTS = "GET /api/costs/";
const person = {
  id: "s1",
  name: "Amira",
  email: "a@school.example",
  cohort_id: "c1",
  cohort: "Berlin-3",
  kind: "vscode" as const,
  sessions: 3,
  task_hours: 7.26,
  dollars: null,
};
const BUDGETS = "GET /api/costs/budgets/";
const OTHERS = {
  [BUDGETS]: { status: 200 as const, body: { items: [], has_price: false } },
  "GET /api/cohorts/": { status: 200 as const, body: { items: [] } },
};
const times = { since: "2026-11-01T00:00:00Z", until: "2026-12-01T00:00:00Z" };
const rows = (table: string) =>
  [...screen.getByRole("table", { name: table }).querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );

it("says who used how many hours, by cohort and by person", async () => {
  const cohorts = [
    { id: "c1", name: "Berlin-3", students: 1, sessions: 3, task_hours: 7.26, dollars: null },
    { id: null, name: "", students: 1, sessions: 1, task_hours: 0.5, dollars: null },
  ];
  new FakeApi({
    ...OTHERS,
    [COSTS]: { status: 200, body: { ...times, dollars: null, task_hours: 7.76, cohorts, students: [person] } },
  });
  show(<HoursTab />);
  expect(await screen.findByText("7.8")).toBeTruthy();
  expect(rows("By cohort")).toEqual([
    ["Berlin-3", "1", "3", "7.3"],
    ["In no cohort", "1", "1", "0.5"],
  ]);
  expect(rows("By person")).toEqual([["Amiraa@school.example · Berlin-3 · Visual Studio Code", "3", "7.3"]]);
});

it("asks for the month that is chosen, and shows fifty people at a time", async () => {
  const students = Array.from({ length: 51 }, (_, number) => ({ ...person, id: `s${number}`, name: `P${number}` }));
  const api = new FakeApi({
    ...OTHERS,
    [COSTS]: { status: 200, body: { ...times, dollars: null, task_hours: 0, cohorts: [], students } },
  });
  show(<HoursTab />);
  expect(await screen.findByText("Nobody used a workspace.")).toBeTruthy();
  expect(rows("By person")).toHaveLength(50);
  fireEvent.click(screen.getByRole("button", { name: "Next page" }));
  expect(rows("By person")).toHaveLength(1);
  const asked = api.sent.length;
  fireEvent.change(screen.getByLabelText("Month"), { target: { value: "last" } });
  await waitFor(() => expect(api.sent.length).toBeGreaterThan(asked));
});

it("says what it costs where the school has a price", async () => {
  const cohorts = [{ id: "c1", name: "Berlin-3", students: 1, sessions: 3, task_hours: 7.26, dollars: 0.36 }];
  const students = [{ ...person, dollars: 0.36 }];
  const body = { ...times, task_hours: 7.26, dollars: 0.36, cohorts, students };
  new FakeApi({ ...OTHERS, [COSTS]: { status: 200, body } });
  show(<HoursTab />);
  expect(await screen.findByText("$0.36", { selector: "strong" })).toBeTruthy();
  expect(rows("By cohort")).toEqual([["Berlin-3", "1", "3", "7.3", "$0.36"]]);
  expect(rows("By person")[0]?.slice(1)).toEqual(["3", "7.3", "$0.36"]);
});
