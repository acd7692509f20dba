// @vitest-environment jsdom
import { fireEvent, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";

import type { Budget } from "@/lib/api/types";
import { cohort } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { BudgetsPanel } from "./budgets-panel";

const LIST = "GET /api/costs/budgets/";
const ONE = "/api/costs/budgets/{cohort_id}/";
const budget = (fields: Partial<Budget> = {}): Budget => ({
  cohort_id: "c1",
  cohort: "Berlin-3",
  unit: "hours",
  amount: 100,
  at_end: "no_launches",
  used: 82,
  forecast: 140,
  state: "near",
  month_ends_at: "2026-12-01T00:00:00Z",
  ...fields,
});
const school = (items: Budget[], has_price = false) => ({
  [LIST]: { status: 200 as const, body: { items, has_price } },
  "GET /api/cohorts/": {
    status: 200 as const,
    body: { items: [cohort({ id: "c1", name: "Berlin-3" }), cohort({ id: "c2", name: "Kiel-1" })] },
  },
});

it("says what is used, what the month will come to, and what happens then", async () => {
  new FakeApi(school([budget(), budget({ cohort_id: "c2", cohort: "Kiel-1", used: 100, state: "spent" })]));
  show(<BudgetsPanel />);
  const [first, second] = await screen.findAllByRole("listitem");
  expect(first?.textContent).toContain(
    "82 hours of 100 hours used this month, about 140 hours by its end at this pace",
  );
  expect(first?.textContent).toContain("At its end: no new launches");
  expect(within(first as HTMLElement).getByText("Nearly used up")).toBeTruthy();
  expect(within(second as HTMLElement).getByText("Used up")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Set a budget …" })).toBeNull();
});

it("sets a first budget, in hours where the school has no price", async () => {
  const api = new FakeApi({ ...school([budget()]), [`PUT ${ONE}`]: { status: 200, body: { budget: budget() } } });
  show(<BudgetsPanel />);
  fireEvent.click(await screen.findByRole("button", { name: "Set a budget …" }));
  expect(screen.queryByRole("option", { name: "Dollars" })).toBeNull();
  expect(screen.queryByRole("option", { name: "Berlin-3" })).toBeNull();
  fireEvent.change(screen.getByLabelText("Each month"), { target: { value: "50" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByRole("listitem");
  expect(api.changes()).toEqual([
    { route: "PUT /api/costs/budgets/c2/", body: { unit: "hours", amount: 50, at_end: "warn" } },
  ]);
});

it("changes a budget, says why one is refused, and removes it", async () => {
  const refused = { status: 422 as const, body: { detail: "Invalid.", reason: "invalid" } };
  const api = new FakeApi({
    ...school([budget()], true),
    [`PUT ${ONE}`]: refused,
    [`DELETE ${ONE}`]: { status: 200, body: { budget: null } },
  });
  show(<BudgetsPanel />);
  fireEvent.click(await screen.findByRole("button", { name: /^Change ?the budget of Berlin-3$/ }));
  fireEvent.change(screen.getByLabelText("Of what"), { target: { value: "dollars" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Invalid.");
  fireEvent.click(screen.getByRole("button", { name: "Remove" }));
  await screen.findByRole("listitem");
  expect(api.changes().map(({ route }) => route)).toEqual([
    "PUT /api/costs/budgets/c1/",
    "DELETE /api/costs/budgets/c1/",
  ]);
});
