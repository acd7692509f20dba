"use client";

import { EllipsisIcon } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useState } from "react";

import { Alert } from "@/components/alert";
import { buttonClass } from "@/components/button";
import { DeleteDialog } from "@/components/delete-dialog";
import { LoadFailure } from "@/components/failure";
import { Menu } from "@/components/menu";
import { LoadingPanel } from "@/components/panel";
import { AssignmentsPanel } from "@/features/assignments/assignments-panel";
import { SharedDataPanel } from "@/features/shared-data/shared-data-panel";
import { StarterPanel } from "@/features/starter/starter-panel";
import { CoursePanel } from "@/features/courses/course-panel";
import { ApiError } from "@/lib/api/errors";
import type { CohortDetail, Me } from "@/lib/api/types";
import { trackName } from "@/lib/roles";
import { useMayChange } from "@/lib/session/may-change";
import { useIsClient } from "@/lib/use-is-client";
import { usePageTitle } from "@/lib/use-page-title";
import { useLastingError } from "@/lib/use-lasting-error";

import { useCohort, useDeleteCohort } from "./api";
import { BudgetNote } from "./budget-note";
import { ClassLinkPanel } from "./class-link";
import { CohortDialog } from "./cohort-dialog";
import { InactiveMark } from "./cohorts-page";
import { InstructorsDialog } from "./instructors-dialog";
import { JoinLinksPanel } from "./join-links";
import { MembersPanel } from "./members-panel";
import { StaffOnly } from "./staff-only";
import { TimetablePanel } from "./timetable-panel";
import { WallPanel } from "./wall-panel";

/**
 * The page is the same for every cohort (next.config.ts rewrites to it), so the id comes from the
 * address.
 */
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
  if (!gone) return <LoadFailure query={cohort} error={error} title="The cohort cannot be shown right now" />;
  return (
    <Alert
      tone="info"
      title="Cohort not found"
      action={
        <Link href="/cohorts" className={buttonClass("secondary")}>
          Your cohorts
        </Link>
      }
    >
      It was deleted, or you no longer teach it.
    </Alert>
  );
}

export function CohortView({ cohort, me }: { cohort: CohortDetail; me: Me }) {
  const mayChange = useMayChange();
  usePageTitle(cohort.name);
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
              ? "No instructor yet"
              : `Taught by ${cohort.instructors.map(({ name, role }) => (role === "assistant" ? `${name} (teaching assistant)` : name)).join(", ")}`}
          </p>
        </div>
        {mayChange && <CohortMenu cohort={cohort} me={me} />}
      </div>
      <div className="mt-6 space-y-5">
        {!cohort.active && (
          <Alert tone="info">
            This cohort is inactive. Its timetable is kept, but workspaces are not prepared for its classes, and nobody
            joins by its links.
          </Alert>
        )}
        <BudgetNote cohortId={cohort.id} />
        <WallPanel cohort={cohort} />
        {cohort.track === "FSD" && <AssignmentsPanel cohort={cohort} />}
        {cohort.track === "FSD" && <StarterPanel cohort={cohort} />}
        <SharedDataPanel cohort={cohort} />
        <TimetablePanel cohort={cohort} />
        <MembersPanel cohort={cohort} />
        <ClassLinkPanel />
        {mayChange && <JoinLinksPanel cohort={cohort} />}
        {mayChange && <CoursePanel cohort={cohort} />}
      </div>
    </>
  );
}

function CohortMenu({ cohort, me }: { cohort: CohortDetail; me: Me }) {
  const [dialog, setDialog] = useState<"edit" | "instructors" | "delete" | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      <Menu
        label="More actions"
        button={<EllipsisIcon />}
        buttonClassName="text-muted hover:text-ink hover:bg-line/50 grid size-10 place-items-center rounded-lg"
        entries={[
          { label: "Edit cohort …", hint: "Name, time zone, active", onSelect: () => setDialog("edit") },
          ...(me.role === "admin" ? [{ label: "Instructors …", onSelect: () => setDialog("instructors") }] : []),
          { label: "Delete cohort …", danger: true, onSelect: () => setDialog("delete") },
        ]}
      />
      {dialog === "edit" && <CohortDialog cohort={cohort} onClose={close} />}
      {dialog === "instructors" && <InstructorsDialog cohort={cohort} onClose={close} />}
      {dialog === "delete" && <DeleteCohortDialog cohort={cohort} onClose={close} />}
    </>
  );
}

function DeleteCohortDialog({ cohort, onClose }: { cohort: CohortDetail; onClose: () => void }) {
  const router = useRouter();
  const remove = useDeleteCohort(cohort.id, () => router.replace("/cohorts"));
  return (
    <DeleteDialog what="cohort" name={cohort.name} mutation={remove} onClose={onClose}>
      The cohort and its timetable are deleted permanently. Its students keep their accounts and workspaces, but are no
      longer in a cohort.
    </DeleteDialog>
  );
}
