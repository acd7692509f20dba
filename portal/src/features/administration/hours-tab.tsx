"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { SelectField } from "@/components/field";
import { LoadFailure } from "@/components/failure";
import { LoadingPanel, Panel } from "@/components/panel";
import { KINDS } from "@/features/workspace/kinds";
import { answer, api } from "@/lib/api/client";
import { shownDollars, shownHours } from "@/lib/money";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { Filters, Pager } from "./list-frame";
import { BudgetsPanel } from "./budgets-panel";
import { forecastHours, type Month, monthSpan } from "./model/months";

const POLL_MS = 60_000;
const ROWS_PER_PAGE = 50;

/** How long workspaces served people: what a school pays for on AWS, and loads its server with. */
export function HoursTab() {
  const [month, setMonth] = useState<Month>("this");
  const [page, setPage] = useState(1);
  const nowMs = useNow(POLL_MS);
  const { since, until } = monthSpan(month, nowMs);
  const hours = useQuery({
    queryKey: ["console", "hours", since.toISOString()],
    queryFn: ({ signal }) => {
      const query = { since: since.toISOString(), until: until.toISOString() };
      return answer(api.GET("/api/costs/", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: POLL_MS,
  });
  const error = useLastingError(hours);
  const forecast = hours.data === undefined ? null : forecastHours(hours.data.task_hours, since, until, nowMs);
  return (
    <section aria-labelledby="hours" className="space-y-5">
      <h2 id="hours" className="text-lg font-semibold">
        Hours
      </h2>
      <Filters>
        <SelectField
          label="Month"
          value={month}
          onChange={(event) => {
            setMonth(event.target.value === "last" ? "last" : "this");
            setPage(1);
          }}
        >
          <option value="this">This month</option>
          <option value="last">Last month</option>
        </SelectField>
      </Filters>
      {error !== null && <LoadFailure query={hours} error={error} title="The hours cannot be shown right now" />}
      {hours.data === undefined && error === null && <LoadingPanel label="Loading the hours" />}
      {hours.data !== undefined && (
        <>
          <p className="text-sm">
            Workspaces were up for <strong>{shownHours(hours.data.task_hours)}</strong> hours in all
            {hours.data.dollars !== null && (
              <>
                , which is <strong>{shownDollars(hours.data.dollars)}</strong>
              </>
            )}
            .
            {forecast !== null &&
              forecast >= 0.1 &&
              ` At this pace it will be about ${shownHours(forecast)} hours${
                hours.data.dollars === null || hours.data.task_hours === 0
                  ? ""
                  : ` and ${shownDollars((forecast / hours.data.task_hours) * hours.data.dollars)}`
              } by the end of the month.`}
          </p>
          <BudgetsPanel />
          <Panel
            id="by-cohort"
            title="By cohort"
            description="Hours stay with the cohort that a student was in at the time."
          >
            <Table
              caption="By cohort"
              columns={["Cohort", "Students", "Sessions", "Hours", ...(hours.data.dollars === null ? [] : ["Dollars"])]}
            >
              {hours.data.cohorts.map((row) => (
                <Row
                  key={row.id ?? ""}
                  name={row.name === "" ? "In no cohort" : row.name}
                  numbers={[row.students, row.sessions]}
                  hours={row.task_hours}
                  dollars={row.dollars}
                />
              ))}
            </Table>
          </Panel>
          <Panel id="by-person" title="By person" description="Most hours first.">
            <Table
              caption="By person"
              columns={["Person", "Sessions", "Hours", ...(hours.data.dollars === null ? [] : ["Dollars"])]}
            >
              {hours.data.students.slice((page - 1) * ROWS_PER_PAGE, page * ROWS_PER_PAGE).map((row) => (
                <Row
                  key={`${row.id} ${row.kind} ${row.cohort_id ?? ""}`}
                  name={row.name}
                  detail={[row.email, row.cohort, KINDS[row.kind].name].filter(Boolean).join(" · ")}
                  numbers={[row.sessions]}
                  hours={row.task_hours}
                  dollars={row.dollars}
                />
              ))}
            </Table>
            {hours.data.students.length > 0 && (
              <div className="mt-4">
                <Pager
                  page={page}
                  perPage={ROWS_PER_PAGE}
                  total={hours.data.students.length}
                  shown={Math.max(0, Math.min(ROWS_PER_PAGE, hours.data.students.length - (page - 1) * ROWS_PER_PAGE))}
                  onPage={setPage}
                />
              </div>
            )}
          </Panel>
        </>
      )}
    </section>
  );
}

function Table({
  caption,
  columns,
  children,
}: {
  caption: string;
  columns: [string, ...string[]];
  children: ReactNode[];
}) {
  if (children.length === 0) return <p className="text-sm text-muted">Nobody used a workspace.</p>;
  const [first, ...numbers] = columns;
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr className="border-b border-line text-left text-muted">
          <th scope="col" className="py-2 font-medium">
            {first}
          </th>
          {numbers.map((column) => (
            <th key={column} scope="col" className="py-2 pl-3 text-right font-medium">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">{children}</tbody>
    </table>
  );
}

function Row({
  name,
  detail,
  numbers,
  hours,
  dollars,
}: {
  name: string;
  detail?: string;
  numbers: readonly number[];
  hours: number;
  dollars: number | null;
}) {
  const cells = [...numbers.map((number) => number.toLocaleString("en")), shownHours(hours)];
  if (dollars !== null) cells.push(shownDollars(dollars));
  return (
    <tr>
      <th scope="row" className="py-2 text-left font-normal">
        <span className="font-medium wrap-anywhere">{name}</span>
        {detail !== undefined && <span className="block wrap-anywhere text-muted">{detail}</span>}
      </th>
      {cells.map((text, column) => (
        <td key={column} className="py-2 pl-3 text-right align-top whitespace-nowrap tabular-nums">
          {text}
        </td>
      ))}
    </tr>
  );
}
