"use client";

import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useState } from "react";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { MoreIcon } from "@/components/icons";
import { Menu } from "@/components/menu";
import { LoadingPanel } from "@/components/panel";
import { ApiError, explain } from "@/lib/api/errors";
import type { CohortDetail, Me } from "@/lib/api/types";
import { trackName } from "@/lib/roles";
import { useIsClient } from "@/lib/use-is-client";
import { useLastingError } from "@/lib/use-lasting-error";

import { useCohort } from "./api/use-cohort";
import { CohortDialog } from "./cohort-dialog";
import { InactiveMark } from "./cohorts-page";
import { DeleteCohortDialog } from "./delete-cohort-dialog";
import { InstructorsDialog } from "./instructors-dialog";
import { MembersPanel } from "./members-panel";
import { StaffOnly } from "./staff-only";
import { TimetablePanel } from "./timetable-panel";

/** The page is the same for every cohort (next.config.ts rewrites to it), so the id comes from the address bar. */
export function CohortPage() {
  const path = usePathname();
  const id = useIsClient() ? (path.split("/").at(-1) ?? "") : null;
  return <StaffOnly>{(me) => <CohortById key={id} id={id} me={me} />}</StaffOnly>;
}

function CohortById({ id, me }: { id: string | null; me: Me }) {
  const cohort = useCohort(id);
  const error = useLastingError(cohort);
  if (cohort.data !== undefined) return <CohortView cohort={cohort.data} me={me} />;
  if (error === null) return <LoadingPanel label="Loading the cohort" />;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 422);
  return (
    <Alert
      tone={gone ? "info" : "warn"}
      title={gone ? "There is no such cohort" : "The cohort cannot be shown at the moment"}
      action={
        gone ? (
          <Link href="/cohorts" className={buttonClass("secondary")}>
            Your cohorts
          </Link>
        ) : (
          <Button busy={cohort.isFetching} onClick={() => void cohort.refetch()}>
            Try again
          </Button>
        )
      }
    >
      {gone ? "It was deleted, or you do not teach it (any more)." : explain(error)}
    </Alert>
  );
}

export function CohortView({ cohort, me }: { cohort: CohortDetail; me: Me }) {
  return (
    <>
      <p className="mb-2 text-sm">
        <Link href="/cohorts" className="font-medium text-accent underline-offset-4 hover:underline">
          Cohorts
        </Link>
      </p>
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-3">
            <h1 className="min-w-0 text-2xl font-semibold tracking-tight wrap-anywhere sm:text-3xl">{cohort.name}</h1>
            {!cohort.active && <InactiveMark />}
          </div>
          <p className="mt-1 text-muted">
            {trackName(cohort.track)} · {cohort.time_zone}
          </p>
          <p className="text-muted">
            {cohort.instructors.length === 0
              ? "Nobody teaches it yet."
              : `Taught by ${cohort.instructors.map(({ name }) => name).join(", ")}`}
          </p>
        </div>
        <CohortMenu cohort={cohort} me={me} />
      </div>
      <div className="mt-6 space-y-5">
        {!cohort.active && (
          <Alert tone="info">
            This cohort is not active: its timetable is kept, but nothing is made ready for its classes.
          </Alert>
        )}
        <TimetablePanel cohort={cohort} />
        <MembersPanel cohort={cohort} />
      </div>
    </>
  );
}

function CohortMenu({ cohort, me }: { cohort: CohortDetail; me: Me }) {
  const [dialog, setDialog] = useState<"change" | "instructors" | "delete" | null>(null);
  const router = useRouter();
  const close = () => setDialog(null);
  return (
    <>
      <Menu
        label="More actions"
        button={<MoreIcon />}
        buttonClassName="text-muted hover:text-ink hover:bg-line/50 grid size-10 place-items-center rounded-lg"
        entries={[
          { label: "Change …", hint: "Name, time zone, active", onSelect: () => setDialog("change") },
          ...(me.role === "admin" ? [{ label: "Instructors …", onSelect: () => setDialog("instructors") }] : []),
          { label: "Delete cohort …", danger: true, onSelect: () => setDialog("delete") },
        ]}
      />
      {dialog === "change" && <CohortDialog cohort={cohort} onClose={close} onDone={() => undefined} />}
      {dialog === "instructors" && <InstructorsDialog cohort={cohort} onClose={close} />}
      {dialog === "delete" && (
        <DeleteCohortDialog cohort={cohort} onClose={close} onDeleted={() => router.replace("/cohorts")} />
      )}
    </>
  );
}
