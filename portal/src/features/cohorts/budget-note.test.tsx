// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { FakeApi, show } from "@/testing/fake-api";

import { BudgetNote } from "./budget-note";

it.each(["2026-12-01T00:00:00+13:00", "2026-12-01T00:00:00-11:00"])(
  "names the day in the cohort's time zone, wherever the browser is (%s)",
  async (month_ends_at) => {
    new FakeApi({
      "GET /api/costs/budgets/{cohort_id}/": {
        status: 200,
        body: {
          budget: {
            cohort_id: "c1",
            cohort: "Berlin-3",
            unit: "hours",
            amount: 100,
            at_end: "no_launches",
            used: 100,
            forecast: null,
            state: "spent",
            month_ends_at,
          },
        },
      },
    });
    show(<BudgetNote cohortId="c1" />);
    const day = new Date(2026, 11, 1).toLocaleDateString(undefined, { day: "numeric", month: "long" });
    expect((await screen.findByText(/cannot launch it until/)).textContent).toContain(`until ${day}.`);
  },
);
