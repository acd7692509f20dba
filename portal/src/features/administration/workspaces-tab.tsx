"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { SelectField } from "@/components/field";
import { LoadFailure } from "@/components/failure";
import { LoadingPanel } from "@/components/panel";
import { useCohorts } from "@/features/cohorts/api";
import { countOf } from "@/features/cohorts/model/class-times";
import { KINDS } from "@/features/workspace/kinds";
import type { ClassWorkspaces, WorkspaceKind, WorkspaceRow } from "@/lib/api/types";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { Filters, Pager, SearchField } from "./list-frame";
import { RestoreDialog } from "./restore-dialog";
import { describeRow } from "./model/workspace-row";
import { useHeldList } from "./use-held-list";
import { useAllWorkspaces, type WorkspacesWanted } from "./use-all-workspaces";
import { StopDialog, WorkspaceItem } from "./workspace-item";

/** All workspaces of the school, live. */
export function WorkspacesTab() {
  const person = useSearchParams().get("q") ?? "";
  const [wanted, setWanted] = useState<WorkspacesWanted>({ q: person, up: person === "", page: 1 });
  const list = useAllWorkspaces(wanted);
  const error = useLastingError(list);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [stopping, setStopping] = useState(false);
  const [restoring, setRestoring] = useState<WorkspaceRow | null>(null);
  const [done, setDone] = useState<ClassWorkspaces | null>(null);
  const nowMs = useNow(10_000);
  const change = useCallback((changes: Partial<WorkspacesWanted>) => {
    setChosen(new Set());
    setDone(null);
    setWanted((before) => ({ ...before, page: 1, ...changes }));
  }, []);
  const search = useCallback((q: string) => change({ q }), [change]);
  const choose = useCallback((id: string, isChosen: boolean) => {
    setChosen((before) => {
      const after = new Set(before);
      if (isChosen) after.add(id);
      else after.delete(id);
      return after;
    });
  }, []);
  const { shown, waits, handlers } = useHeldList(wanted, list.data, !list.isPlaceholderData);
  const items = shown?.items ?? [];
  const up = items.filter((row) => describeRow(row, nowMs).isUp).map(({ id }) => id);
  const picked = up.filter((id) => chosen.has(id));
  return (
    <section aria-labelledby="workspaces" className="space-y-5">
      <h2 id="workspaces" className="text-lg font-semibold">
        Workspaces
      </h2>
      <WorkspaceFilters wanted={wanted} onSearch={search} onChange={change} />
      {error !== null && <LoadFailure query={list} error={error} title="The workspaces cannot be shown right now" />}
      {list.data === undefined && error === null && <LoadingPanel label="Loading the workspaces" />}
      {done !== null && (
        <Alert tone={done.failed === 0 ? "good" : "warn"} urgent>
          {outcome(done)}
        </Alert>
      )}
      {shown !== undefined && (
        <>
          {up.length > 0 && (
            <div className="flex flex-wrap items-center gap-3">
              <Button onClick={() => setChosen(new Set(picked.length === up.length ? [] : up))}>
                {picked.length === up.length ? "Choose none" : "Choose all on this page"}
              </Button>
              <Button unavailable={picked.length === 0} onClick={() => setStopping(true)}>
                Save and stop {picked.length === 0 ? "those chosen" : picked.length}
              </Button>
            </div>
          )}
          {items.length > 0 && (
            <ul
              aria-labelledby="workspaces"
              className="divide-y divide-line rounded-2xl border border-line bg-surface"
              {...handlers}
            >
              {items.map((row) => (
                <WorkspaceItem
                  key={row.id}
                  row={row}
                  nowMs={nowMs}
                  chosen={chosen.has(row.id)}
                  onStopped={setDone}
                  onRestore={setRestoring}
                  onChoose={choose}
                />
              ))}
            </ul>
          )}
          <Pager
            page={wanted.page ?? 1}
            perPage={shown.per_page}
            total={shown.total}
            shown={items.length}
            live={list.isPlaceholderData ? null : wanted}
            note={waits ? "Others have come or gone. You see them when you leave the list." : ""}
            onPage={(page) => change({ page })}
          />
        </>
      )}
      {restoring !== null && <RestoreDialog row={restoring} onClose={() => setRestoring(null)} />}
      {stopping && (
        <StopDialog
          rows={items.filter(({ id }) => picked.includes(id))}
          title={`Save and stop ${countOf(picked.length, "workspace")}?`}
          onDone={(stopped) => {
            setChosen(new Set());
            setDone(stopped);
          }}
          onClose={() => setStopping(false)}
        />
      )}
    </section>
  );
}

function WorkspaceFilters({
  wanted,
  onSearch,
  onChange,
}: {
  wanted: WorkspacesWanted;
  onSearch: (q: string) => void;
  onChange: (changes: Partial<WorkspacesWanted>) => void;
}) {
  const cohorts = useCohorts();
  const [start] = useState(wanted.q ?? "");
  return (
    <Filters>
      <SearchField label="Search" hint="Name, email or workspace" start={start} onSearch={onSearch} />
      <SelectField
        label="Show"
        value={wanted.up === false ? "all" : "up"}
        onChange={(event) => onChange({ up: event.target.value === "up" })}
      >
        <option value="up">Those in use</option>
        <option value="all">All</option>
      </SelectField>
      <SelectField
        label="Cohort"
        value={wanted.cohort ?? ""}
        onChange={(event) => onChange({ cohort: event.target.value || null })}
      >
        <option value="">All cohorts</option>
        {cohorts.data?.items.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Kind"
        value={wanted.kind ?? ""}
        onChange={(event) => onChange({ kind: (event.target.value || null) as WorkspaceKind | null })}
      >
        <option value="">All kinds</option>
        {Object.entries(KINDS).map(([kind, { name }]) => (
          <option key={kind} value={kind}>
            {name}
          </option>
        ))}
      </SelectField>
    </Filters>
  );
}

function outcome({ changed, failed, failure }: ClassWorkspaces): string {
  const stopped =
    changed === 0 ? "" : `${countOf(changed, "workspace is", "workspaces are")} being saved and stopped. `;
  const wrong = failed === 0 ? "" : `${countOf(failed, "workspace")} could not be stopped: ${failure}`;
  return (stopped + wrong).trim() || "None of them was running any more.";
}
