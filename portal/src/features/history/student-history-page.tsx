"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

import { LoadFailure } from "@/components/failure";
import { LoadingPanel } from "@/components/panel";
import { useCohort } from "@/features/cohorts/api";
import { StaffOnly } from "@/features/cohorts/staff-only";
import { useIsClient } from "@/lib/use-is-client";
import { useLastingError } from "@/lib/use-lasting-error";

import { useHistory } from "./api";
import { HistoryView } from "./history-page";

/** For an instructor, where the school allows it: reading alone. The ids come from the address. */
export function StudentHistoryPage() {
  const path = usePathname();
  const [, , cohort = "", , student = ""] = useIsClient() ? path.split("/") : [];
  return <StaffOnly>{() => <StudentHistory key={path} cohort={cohort} student={student} />}</StaffOnly>;
}

function StudentHistory({ cohort, student }: { cohort: string; student: string }) {
  const of = { cohort, student };
  const known = cohort !== "" && student !== "";
  const history = useHistory(known ? of : null);
  const error = useLastingError(history);
  const name = useCohort(known ? cohort : null).data?.members.find(({ id }) => id === student)?.name;
  if (!known) return <LoadingPanel label="Loading the history" />;
  return (
    <>
      <p className="mb-2 text-sm">
        <Link href={`/cohorts/${cohort}`} className="font-medium text-accent underline-offset-4 hover:underline">
          Back to the cohort
        </Link>
      </p>
      <h1 className="mb-2 text-2xl font-semibold tracking-tight wrap-anywhere sm:text-3xl">
        {name === undefined ? "History of a student’s files" : `History of ${name}’s files`}
      </h1>
      <p className="mb-6 text-sm text-muted">
        The student knows that your school allows this. What you read is in the audit log.
      </p>
      {history.data !== undefined ? (
        <HistoryView of={of} history={history.data} />
      ) : error === null ? (
        <LoadingPanel label="Loading the history" />
      ) : (
        <LoadFailure query={history} error={error} title="The history cannot be shown" />
      )}
    </>
  );
}
