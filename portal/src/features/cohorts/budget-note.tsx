"use client";

import { useQuery } from "@tanstack/react-query";

import { Alert } from "@/components/alert";
import { answer, api } from "@/lib/api/client";
import type { Budget } from "@/lib/api/types";
import { amountWords } from "@/lib/money";

const POLL_MS = 300_000;

/** Tells those who teach the cohort that its budget is nearly or wholly used up. */
export function BudgetNote({ cohortId }: { cohortId: string }) {
  const found = useQuery({
    queryKey: ["budget", cohortId],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/costs/budgets/{cohort_id}/", { params: { path: { cohort_id: cohortId } }, signal })),
    refetchInterval: POLL_MS,
  });
  const budget = found.data?.budget;
  if (budget == null || budget.state === "fine") return null;
  return (
    <Alert tone={budget.state === "spent" ? "bad" : "warn"} title={TITLES[budget.state]}>
      {budgetWords(budget)}
    </Alert>
  );
}

const TITLES = { near: "This month’s budget is nearly used up", spent: "This month’s budget is used up" };

function budgetWords({ unit, used, amount, at_end, state, month_ends_at }: Budget): string {
  // The day in the cohort's time zone, in which it is written, wherever the browser is.
  const day = new Date(`${month_ends_at.slice(0, 10)}T12:00`).toLocaleDateString(undefined, {
    day: "numeric",
    month: "long",
  });
  const begin = `${amountWords(unit, used)} of ${amountWords(unit, amount)} are used.`;
  if (at_end === "warn") return `${begin} An admin of your school can change it.`;
  return state === "spent"
    ? `${begin} Students whose workspace is not up cannot launch it until ${day}. An admin of your school can change that.`
    : `${begin} At its end students launch nothing new until ${day}. An admin of your school can change that.`;
}
