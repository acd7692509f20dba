"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";

import { Button, buttonClass } from "@/components/button";
import { Field, SelectField } from "@/components/field";
import { LoadFailure } from "@/components/failure";
import { LoadingPanel } from "@/components/panel";
import { answer, api } from "@/lib/api/client";
import type { AuditRecord } from "@/lib/api/types";
import { fullDate } from "@/lib/time";
import { useLastingError } from "@/lib/use-lasting-error";

import { Filters, SearchField } from "./list-frame";

/** How the names of actions begin, in words. */
const ACTIONS = {
  "user.signed_in": "Sign-ins",
  "user.sign_in_failed": "Failed sign-ins",
  "user.": "Accounts",
  "workspace.": "Workspaces",
  "cohort.": "Cohorts",
  "invitation.": "Invitations",
  "assignment.": "Assignments",
  "starter.": "Starters",
  "submission.": "Submissions",
  "help.": "Calls for help and visits",
  "message.": "Messages",
  "announcement.": "Announcements",
  "history.": "Files brought back",
  "member.": "Workspace sizes",
};

interface Wanted {
  person: string;
  action: string;
  /** Days in the reader's time zone, `2026-11-30`; empty: any. */
  from: string;
  to: string;
}

/** What people did, in sentences, the newest first. */
export function AuditTab() {
  const [wanted, setWanted] = useState<Wanted>({ person: "", action: "", from: "", to: "" });
  const change = useCallback((changes: Partial<Wanted>) => setWanted((before) => ({ ...before, ...changes })), []);
  const query = queryOf(wanted);
  const trail = useInfiniteQuery({
    queryKey: ["console", "audit", query],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) =>
      answer(api.GET("/api/console/audit/", { params: { query: { ...query, before: pageParam } }, signal })),
    getNextPageParam: ({ more_before }) => more_before,
  });
  const error = useLastingError(trail);
  const records = trail.data?.pages.flatMap(({ items }) => items);
  return (
    <section aria-labelledby="audit" className="space-y-5">
      <h2 id="audit" className="text-lg font-semibold">
        Audit
      </h2>
      <AuditFilters wanted={wanted} onChange={change} />
      <div className="flex flex-wrap gap-3">
        {/* The browser saves these: no links within the portal. */}
        <a href={`/api/console/audit/export.csv?${search(query)}`} className={buttonClass("secondary")}>
          Save as CSV
        </a>
        <a href={`/api/console/audit/export.jsonl?${search(query)}`} className={buttonClass("secondary")}>
          Save as JSON lines
        </a>
      </div>
      {error !== null && <LoadFailure query={trail} error={error} title="The audit cannot be shown right now" />}
      {records === undefined && error === null && <LoadingPanel label="Loading the audit" />}
      {records?.length === 0 && (
        <p role="status" className="text-sm text-muted">
          Nothing found
        </p>
      )}
      {records !== undefined && records.length > 0 && (
        <ol aria-labelledby="audit" className="divide-y divide-line rounded-2xl border border-line bg-surface">
          {records.map((record) => (
            <RecordItem key={record.id} record={record} />
          ))}
        </ol>
      )}
      {trail.hasNextPage && (
        <Button busy={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </section>
  );
}

function RecordItem({ record }: { record: AuditRecord }) {
  return (
    <li className="p-4 text-sm">
      <p className="wrap-anywhere">{record.sentence}</p>
      <p className="mt-0.5 wrap-anywhere text-muted">
        <time dateTime={record.at}>{fullDate(record.at)}</time>
        {record.ip !== null && ` · from ${record.ip}`}
        {record.who !== "" && ` · ${record.who}`}
      </p>
    </li>
  );
}

function AuditFilters({ wanted, onChange }: { wanted: Wanted; onChange: (changes: Partial<Wanted>) => void }) {
  const search = useCallback((person: string) => onChange({ person }), [onChange]);
  return (
    <Filters>
      <SearchField label="Person" hint="Who did it, or to whom" onSearch={search} />
      <SelectField label="What" value={wanted.action} onChange={(event) => onChange({ action: event.target.value })}>
        <option value="">Everything</option>
        {Object.entries(ACTIONS).map(([action, words]) => (
          <option key={action} value={action}>
            {words}
          </option>
        ))}
      </SelectField>
      <Field
        label="From"
        type="date"
        value={wanted.from}
        max={wanted.to}
        onChange={(event) => onChange({ from: event.target.value })}
      />
      <Field
        label="To"
        type="date"
        value={wanted.to}
        min={wanted.from}
        onChange={(event) => onChange({ to: event.target.value })}
      />
    </Filters>
  );
}

/** Days become moments: the last day counts to its end. */
export function queryOf({ person, action, from, to }: Wanted) {
  const since = from === "" ? undefined : new Date(`${from}T00:00`);
  const until = to === "" ? undefined : new Date(`${to}T00:00`);
  until?.setDate(until.getDate() + 1);
  return {
    ...(person === "" ? {} : { person }),
    ...(action === "" ? {} : { action }),
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(until === undefined ? {} : { until: until.toISOString() }),
  };
}

function search(query: Record<string, string>): string {
  return new URLSearchParams(query).toString();
}
