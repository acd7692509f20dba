"use client";

import { LoadFailure } from "@/components/failure";
import { Skeleton } from "@/components/panel";
import type { AssignmentStudent } from "@/lib/api/types";
import { useLastingError } from "@/lib/use-lasting-error";

import { useAssignment } from "./api";
import { BesideList } from "./beside-list";

const TONES: Record<string, string> = { handed_out: "text-good", failed: "text-bad", waiting: "text-muted" };

/** How far an assignment is, student by student; it stays up to date by itself. */
export function AssignmentStudents({ cohortId, id }: { cohortId: string; id: string }) {
  const detail = useAssignment(cohortId, id);
  const error = useLastingError(detail);
  if (detail.data === undefined) {
    return error === null ? (
      <div role="status">
        <span className="sr-only">Loading the students</span>
        <Skeleton className="h-12 w-full" />
      </div>
    ) : (
      <LoadFailure query={detail} error={error} title="The students cannot be shown right now" />
    );
  }
  if (detail.data.students.length === 0) return <p className="text-sm text-muted">This cohort has no students yet.</p>;
  return (
    <ul className="divide-y divide-line border-t border-line">
      {detail.data.students.map((student) => (
        <Row key={student.id} student={student} />
      ))}
    </ul>
  );
}

function Row({ student }: { student: AssignmentStudent }) {
  return (
    <li className="py-2.5 text-sm">
      <div className="flex flex-wrap justify-between gap-x-4">
        <span className="font-medium wrap-anywhere">{student.name}</span>
        <span className={TONES[student.state] ?? "text-muted"}>{student.text}</span>
      </div>
      {student.beside.length > 0 && <BesideList files={student.beside} count={student.beside_count} by="the student" />}
    </li>
  );
}
