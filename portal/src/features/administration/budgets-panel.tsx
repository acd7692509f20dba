"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Field, SelectField } from "@/components/field";
import { Failure, LoadFailure } from "@/components/failure";
import { fieldError, Form } from "@/components/form";
import { Panel, Skeleton } from "@/components/panel";
import { useCohorts } from "@/features/cohorts/api";
import { answer, api } from "@/lib/api/client";
import type { Budget, BudgetValues } from "@/lib/api/types";
import { amountWords } from "@/lib/money";
import { useLastingError } from "@/lib/use-lasting-error";

import { Mark } from "./list-frame";

const KEY = ["console", "budgets"];
const POLL_MS = 60_000;
const AT_END = { warn: "Warn only", no_launches: "No new launches" } as const;
const STATES = { fine: null, near: "Nearly used up", spent: "Used up" } as const;

/** How much each cohort may use in a month, and what happens then. */
export function BudgetsPanel() {
  const [edited, setEdited] = useState<Budget | "new" | null>(null);
  const cohorts = useCohorts();
  const budgets = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => answer(api.GET("/api/costs/budgets/", { signal })),
    refetchInterval: POLL_MS,
  });
  const error = useLastingError(budgets);
  const items = budgets.data?.items;
  const without = (cohorts.data?.items ?? []).filter(
    ({ id, active }) => active && items?.some((it) => it.cohort_id === id) === false,
  );
  return (
    <Panel
      id="budgets"
      title="Budgets"
      description="For each calendar month, in the cohort’s time zone. At 80 % and at the end its instructors and all admins get a mail."
    >
      {error !== null && <LoadFailure query={budgets} error={error} title="Budgets cannot be shown right now" />}
      {items === undefined && error === null && <Skeleton className="h-10 w-full" />}
      {items?.length === 0 && <p className="text-sm text-muted">No cohort has a budget.</p>}
      {items !== undefined && items.length > 0 && (
        <ul aria-labelledby="budgets" className="divide-y divide-line border-y border-line">
          {items.map((budget) => (
            <BudgetItem key={budget.cohort_id} budget={budget} onEdit={() => setEdited(budget)} />
          ))}
        </ul>
      )}
      {without.length > 0 && (
        <Button className="mt-4" onClick={() => setEdited("new")}>
          Set a budget …
        </Button>
      )}
      {edited !== null && (
        <BudgetDialog
          budget={edited === "new" ? null : edited}
          cohorts={without}
          hasPrice={budgets.data?.has_price === true}
          onClose={() => setEdited(null)}
        />
      )}
    </Panel>
  );
}

const BARS = { fine: "bg-accent", near: "bg-warn", spent: "bg-bad" };

function BudgetItem({ budget, onEdit }: { budget: Budget; onEdit: () => void }) {
  const { unit, used, amount, forecast, at_end, state } = budget;
  const label = STATES[state];
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 py-3 text-sm">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 font-medium wrap-anywhere">{budget.cohort}</span>
          {label !== null && <Mark tone={state === "spent" ? "bad" : "warn"}>{label}</Mark>}
        </p>
        <p className="mt-0.5">
          {amountWords(unit, used)} of {amountWords(unit, amount)} used this month
          {forecast !== null && `, about ${amountWords(unit, forecast)} by its end at this pace`}
        </p>
        <div aria-hidden="true" className="mt-2 h-1.5 overflow-hidden rounded-full bg-line">
          <div className={`h-full ${BARS[state]}`} style={{ width: `${Math.min(100, (used / amount) * 100)}%` }} />
        </div>
        <p className="mt-1 text-muted">At its end: {AT_END[at_end].toLowerCase()}</p>
      </div>
      <Button onClick={onEdit}>
        Change<span className="sr-only"> the budget of {budget.cohort}</span>
      </Button>
    </li>
  );
}

function useBudgetChange() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ cohortId, values }: { cohortId: string; values: BudgetValues | null }) => {
      const params = { path: { cohort_id: cohortId } };
      return values === null
        ? answer(api.DELETE("/api/costs/budgets/{cohort_id}/", { params }))
        : answer(api.PUT("/api/costs/budgets/{cohort_id}/", { params, body: values }));
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: KEY }),
  });
}

function BudgetDialog({
  budget,
  cohorts,
  hasPrice,
  onClose,
}: {
  /** Null: one of the cohorts without a budget gets its first. */
  budget: Budget | null;
  cohorts: readonly { id: string; name: string }[];
  hasPrice: boolean;
  onClose: () => void;
}) {
  const save = useBudgetChange();
  const remove = useBudgetChange();
  const submit = (text: (name: string) => string) => {
    const values = {
      unit: text("unit") as Budget["unit"],
      amount: Number(text("amount")),
      at_end: text("at_end") as Budget["at_end"],
    };
    const cohortId = budget?.cohort_id ?? text("cohort");
    void save.mutateAsync({ cohortId, values }).then(onClose, () => undefined);
  };
  return (
    <Dialog title={budget === null ? "Set a budget" : `The budget of ${budget.cohort}`} onClose={onClose}>
      <Form
        error={save.error}
        fields={["amount", "unit"]}
        busy={save.isPending}
        onSubmit={submit}
        className="mt-4 space-y-4"
      >
        {budget === null && (
          <SelectField label="Cohort" name="cohort">
            {cohorts.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Each month"
            name="amount"
            type="number"
            min="0.001"
            max="1000000"
            step="any"
            required
            defaultValue={budget?.amount}
            error={fieldError(save.error, "amount")}
          />
          <SelectField
            label="Of what"
            name="unit"
            defaultValue={budget?.unit ?? "hours"}
            error={fieldError(save.error, "unit")}
            hint={hasPrice ? undefined : "For dollars the school needs a price: costs.price_per_gb_hour."}
          >
            <option value="hours">Hours</option>
            {hasPrice && <option value="dollars">Dollars</option>}
          </SelectField>
        </div>
        <SelectField label="At its end" name="at_end" defaultValue={budget?.at_end ?? "warn"}>
          {Object.entries(AT_END).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </SelectField>
        <DialogText>
          With “No new launches”, students whose workspace is not up cannot launch it until the next month, and read
          why. What is up goes on until it stops.
        </DialogText>
        <Failure error={remove.error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          {budget !== null && (
            <Button
              busy={remove.isPending}
              onClick={() =>
                void remove.mutateAsync({ cohortId: budget.cohort_id, values: null }).then(onClose, () => undefined)
              }
            >
              Remove
            </Button>
          )}
          <Button type="submit" tone="primary" busy={save.isPending}>
            Save
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
