"use client";

import { CalendarIcon, UsersIcon } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { Button } from "@/components/button";
import { LoadFailure } from "@/components/failure";
import { LoadingPanel } from "@/components/panel";
import type { Cohort } from "@/lib/api/types";
import { trackName } from "@/lib/roles";
import { useMayChange } from "@/lib/session/may-change";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { useCohorts } from "./api";
import { CohortDialog } from "./cohort-dialog";
import { countOf, nextClass } from "./model/class-times";
import { StaffOnly } from "./staff-only";

export function CohortsPage() {
  return <StaffOnly>{() => <Cohorts />}</StaffOnly>;
}

export function Cohorts() {
  const mayChange = useMayChange();
  const cohorts = useCohorts();
  const error = useLastingError(cohorts);
  const [creating, setCreating] = useState(false);
  const router = useRouter();
  const items = cohorts.data?.items;
  const create = (
    <Button tone="primary" onClick={() => setCreating(true)}>
      Create a cohort
    </Button>
  );
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">Cohorts</h1>
        {items !== undefined && items.length > 0 && mayChange && create}
      </div>
      <div className="mt-6 space-y-4">
        {error !== null && <LoadFailure query={cohorts} error={error} title="Your cohorts cannot be shown right now" />}
        {items === undefined && error === null && <LoadingPanel label="Loading your cohorts" />}
        {items?.length === 0 && (
          <section className="rounded-2xl border border-line bg-surface p-8 text-center shadow-xs sm:p-12">
            <UsersIcon className="mx-auto size-10 text-accent" />
            <h2 className="mt-4 text-lg font-semibold">No cohorts yet</h2>
            <p className="mx-auto mt-1 mb-6 max-w-md text-pretty text-muted">
              {mayChange
                ? "A cohort is a group of students who learn together. Upload its timetable, and workspaces are ready when each class begins."
                : "An admin of your school says in which cohorts you help. They appear here."}
            </p>
            {mayChange && create}
          </section>
        )}
        {items !== undefined && items.length > 0 && (
          <ul className="space-y-3">
            {items.map((cohort) => (
              <CohortRow key={cohort.id} cohort={cohort} />
            ))}
          </ul>
        )}
      </div>
      {creating && (
        <CohortDialog onClose={() => setCreating(false)} onDone={(cohort) => router.push(`/cohorts/${cohort.id}`)} />
      )}
    </>
  );
}

function CohortRow({ cohort }: { cohort: Cohort }) {
  const nowMs = useNow(60_000);
  return (
    <li className="relative rounded-2xl border border-line bg-surface p-5 shadow-xs has-[a:hover]:border-accent/50 sm:px-6">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h2 className="min-w-0 font-semibold wrap-anywhere">
          {/* The link covers the whole row. */}
          <Link href={`/cohorts/${cohort.id}`} className="after:absolute after:inset-0 after:rounded-2xl">
            {cohort.name}
          </Link>
        </h2>
        {!cohort.active && <InactiveMark />}
      </div>
      <p className="mt-0.5 text-sm text-muted">
        {trackName(cohort.track)}
        {cohort.instructors.length > 0 && ` · ${cohort.instructors.map(({ name }) => name).join(", ")}`}
      </p>
      <ul className="mt-3 flex flex-wrap gap-x-8 gap-y-1.5 text-sm">
        <li className="flex items-center gap-2">
          <UsersIcon className="size-4 shrink-0 text-muted" />
          {countOf(cohort.students, "student")}
        </li>
        <li className="flex items-center gap-2">
          <CalendarIcon className="size-4 shrink-0 text-muted" />
          {cohort.next_class === null ? (
            <span className="text-muted">
              {cohort.has_timetable ? "No classes in the next 14 days" : "No timetable yet"}
            </span>
          ) : (
            <span>
              <span className="sr-only">Next class: </span>
              {nextClass(cohort.next_class, nowMs, cohort.time_zone)}
            </span>
          )}
        </li>
      </ul>
    </li>
  );
}

export function InactiveMark() {
  return <span className="rounded-full bg-sunken px-2.5 py-0.5 text-xs font-medium text-muted">Inactive</span>;
}
