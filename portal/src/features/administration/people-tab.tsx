"use client";

import { EllipsisIcon } from "lucide-react";
import { useCallback, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { LoadFailure } from "@/components/failure";
import { Menu } from "@/components/menu";
import { LoadingPanel } from "@/components/panel";
import { CopyOfData } from "@/features/account/data-copy";
import { ReauthenticationProvider } from "@/features/account/reauthentication";
import { useCohorts } from "@/features/cohorts/api";
import { countOf } from "@/features/cohorts/model/class-times";
import type { Me, Person } from "@/lib/api/types";
import { roleName, ROLES, TRACK_NAMES, trackName } from "@/lib/roles";
import { useMe } from "@/lib/session/use-me";
import { ago, fullDate } from "@/lib/time";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { Filters, Mark, Pager, SearchField } from "./list-frame";
import { EraseDialog, PersonDialog } from "./person-dialog";
import { type PeopleWanted, type PersonAction, usePeople } from "./use-people";

const SEEN = {
  within_week: "In the last 7 days",
  not_for_month: "Not for 30 days",
  never: "Never",
} as const;

/** Everybody with an account: to find them, and to help when they cannot sign in. */
export function PeopleTab() {
  const [wanted, setWanted] = useState<PeopleWanted>({ q: "", page: 1 });
  const [done, setDone] = useState<string | null>(null);
  const people = usePeople(wanted);
  const error = useLastingError(people);
  const nowMs = useNow(60_000);
  const change = useCallback((changes: Partial<PeopleWanted>) => {
    setDone(null);
    setWanted((before) => ({ ...before, page: 1, ...changes }));
  }, []);
  return (
    <ReauthenticationProvider>
      <section aria-labelledby="people" className="space-y-5">
        <h2 id="people" className="text-lg font-semibold">
          People
        </h2>
        <PeopleFilters wanted={wanted} onChange={change} />
        {done !== null && (
          <Alert tone="good" urgent>
            {done}
          </Alert>
        )}
        {error !== null && <LoadFailure query={people} error={error} title="The people cannot be shown right now" />}
        {people.data === undefined && error === null && <LoadingPanel label="Loading the people" />}
        {people.data !== undefined && (
          <>
            {people.data.items.length > 0 && (
              <ul aria-labelledby="people" className="divide-y divide-line rounded-2xl border border-line bg-surface">
                {people.data.items.map((person) => (
                  <PersonItem
                    key={person.id}
                    person={person}
                    graceDays={people.data.erase_grace_days}
                    nowMs={nowMs}
                    onDone={setDone}
                  />
                ))}
              </ul>
            )}
            <Pager
              page={wanted.page ?? 1}
              perPage={people.data.per_page}
              total={people.data.total}
              shown={people.data.items.length}
              onPage={(page) => change({ page })}
            />
          </>
        )}
      </section>
    </ReauthenticationProvider>
  );
}

interface FilterProps {
  wanted: PeopleWanted;
  onChange: (changes: Partial<PeopleWanted>) => void;
}

function PeopleFilters({ wanted, onChange }: FilterProps) {
  const cohorts = useCohorts();
  const search = useCallback((q: string) => onChange({ q }), [onChange]);
  return (
    <Filters>
      <SearchField label="Search" hint="Name or email" onSearch={search} />
      <Choice
        label="Role"
        all="All roles"
        value={wanted.role}
        options={ROLES.map((role) => [role, roleName(role)])}
        onChoose={(role) => onChange({ role })}
      />
      <Choice
        label="Track"
        all="All tracks"
        value={wanted.track}
        options={Object.entries(TRACK_NAMES) as [NonNullable<Me["track"]>, string][]}
        onChoose={(track) => onChange({ track })}
      />
      <Choice
        label="Cohort"
        all="All cohorts"
        value={wanted.cohort}
        options={(cohorts.data?.items ?? []).map(({ id, name }) => [id, name])}
        onChoose={(cohort) => onChange({ cohort })}
      />
      <Choice
        label="Last seen"
        all="At any time"
        value={wanted.seen}
        options={Object.entries(SEEN) as [keyof typeof SEEN, string][]}
        onChoose={(seen) => onChange({ seen })}
      />
      <Choice
        label="Account"
        all="All accounts"
        value={wanted.active == null ? null : wanted.active ? "active" : "deactivated"}
        options={[
          ["active", "Active"],
          ["deactivated", "Deactivated"],
        ]}
        onChoose={(active) => onChange({ active: active === null ? null : active === "active" })}
      />
    </Filters>
  );
}

function Choice<Value extends string>({
  label,
  all,
  value,
  options,
  onChoose,
}: {
  label: string;
  all: string;
  value: Value | null | undefined;
  options: readonly (readonly [Value, string])[];
  onChoose: (value: Value | null) => void;
}) {
  return (
    <SelectField
      label={label}
      value={value ?? ""}
      onChange={(event) => onChoose(options.find(([known]) => known === event.target.value)?.[0] ?? null)}
    >
      <option value="">{all}</option>
      {options.map(([known, words]) => (
        <option key={known} value={known}>
          {words}
        </option>
      ))}
    </SelectField>
  );
}

interface ItemProps {
  person: Person;
  graceDays: number;
  onDone: (text: string) => void;
}

function PersonItem({ person, graceDays, nowMs, onDone }: ItemProps & { nowMs: number }) {
  const about = [
    roleName(person.role),
    person.track == null ? null : trackName(person.track),
    person.cohort?.name ?? (person.role === "student" ? "no cohort" : null),
    person.second_factor ? "two-step sign-in" : null,
    person.workspaces > 0 ? countOf(person.workspaces, "workspace") : null,
  ];
  return (
    <li className="flex items-start gap-3 p-4 text-sm">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 font-medium wrap-anywhere">{person.name}</span>
          {!person.active && person.erasure === null && <Mark tone="warn">Deactivated</Mark>}
          {person.erasure !== null && <Mark tone="bad">To be erased</Mark>}
        </p>
        <p className="mt-0.5 wrap-anywhere text-muted">{person.email}</p>
        <p className="mt-1 wrap-anywhere">{about.filter((part) => part !== null).join(" · ")}</p>
        <p className="mt-0.5 text-muted">
          {person.seen_at === null ? "Never signed in" : `Last seen ${ago(person.seen_at, nowMs)}`}
        </p>
        {person.erasure !== null && <p className="mt-1 wrap-anywhere">{erasureWords(person.erasure)}</p>}
      </div>
      <Actions person={person} graceDays={graceDays} onDone={onDone} />
    </li>
  );
}

function erasureWords({ due_at, begun_at, problem }: NonNullable<Person["erasure"]>): string {
  if (begun_at === null) return `Is erased on ${fullDate(due_at)}. Until then you can take it back.`;
  return problem === "" ? "Is being erased." : `Is being erased, which is not done yet: ${problem}`;
}

/** What makes sense for the person. Nobody brings an account back while it is erased. */
function accountEntries({ active, erasure }: Person, choose: (action: PersonAction) => void) {
  if (erasure !== null)
    return erasure.begun_at === null ? [{ label: "Take the erasure back …", onSelect: () => choose("keep") }] : [];
  return [
    active
      ? { label: "Deactivate …", danger: true, onSelect: () => choose("deactivate") }
      : { label: "Reactivate …", onSelect: () => choose("reactivate") },
    { label: "Erase …", danger: true, onSelect: () => choose("erase") },
  ];
}

function Actions({ person, graceDays, onDone }: ItemProps) {
  const me = useMe();
  const [action, setAction] = useState<PersonAction | "copy" | null>(null);
  if (me.data === undefined || me.data.id === person.id) return null;
  return (
    <>
      <Menu
        label={`Actions for ${person.name}`}
        button={<EllipsisIcon className="size-5" />}
        buttonClassName="text-muted hover:text-ink hover:bg-sunken grid size-10 place-items-center rounded-lg"
        entries={[
          ...(person.workspaces > 0
            ? [{ label: "Workspaces", href: `/administration/workspaces?q=${encodeURIComponent(person.email)}` }]
            : []),
          ...(person.second_factor
            ? [{ label: "Reset two-step sign-in …", onSelect: () => setAction("reset-second-factor") }]
            : []),
          ...(person.active ? [{ label: "Sign out everywhere …", onSelect: () => setAction("end-sessions") }] : []),
          { label: "Copy of their data …", onSelect: () => setAction("copy") },
          ...accountEntries(person, setAction),
        ]}
      />
      {action === "copy" && <CopyDialog person={person} onClose={() => setAction(null)} />}
      {action === "erase" && (
        <EraseDialog person={person} graceDays={graceDays} onDone={onDone} onClose={() => setAction(null)} />
      )}
      {action !== null && action !== "copy" && action !== "erase" && (
        <PersonDialog person={person} action={action} onDone={onDone} onClose={() => setAction(null)} />
      )}
    </>
  );
}

function CopyDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  return (
    <Dialog title={`A copy of ${person.name}’s data`} onClose={onClose}>
      <DialogText>
        A zip with what the school keeps about them, for them to have. They find it on their page Account, too. Who asks
        for it and who downloads it stays in the audit log.
      </DialogText>
      <div className="mt-5">
        <CopyOfData personId={person.id} />
      </div>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
