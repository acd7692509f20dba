"use client";

import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { LoadFailure } from "@/components/failure";
import { SelectField } from "@/components/field";
import { Form } from "@/components/form";
import { LoadingPanel, Panel } from "@/components/panel";
import { useCohorts } from "@/features/cohorts/api";
import { StaffOnly } from "@/features/cohorts/staff-only";
import { ApiError } from "@/lib/api/errors";
import type { Course } from "@/lib/api/types";
import { trackName } from "@/lib/roles";
import { useIsClient } from "@/lib/use-is-client";
import { useLastingError } from "@/lib/use-lasting-error";
import { usePageTitle } from "@/lib/use-page-title";

import { useConnectCourse, useCourse } from "./api";

/** Where an instructor arrives from a course of the learning platform that has no cohort here yet. */
export function CoursePage() {
  const path = usePathname();
  const id = useIsClient() ? (path.split("/").at(-1) ?? "") : null;
  return <StaffOnly>{() => <CourseById key={id} id={id} />}</StaffOnly>;
}

function CourseById({ id }: { id: string | null }) {
  const course = useCourse(id);
  const error = useLastingError(course);
  if (course.data !== undefined) return <CourseView course={course.data} />;
  if (error === null) return <LoadingPanel label="Loading the course" />;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 422);
  if (!gone) return <LoadFailure query={course} error={error} title="The course cannot be shown right now" />;
  return (
    <Alert tone="info" title="Course not found" action={<ToCohorts />}>
      Open ApraNova from your course again, as its instructor.
    </Alert>
  );
}

export function CourseView({ course }: { course: Course }) {
  const name = course.title === "" ? "Your course" : course.title;
  usePageTitle(`Connect ${name}`);
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight wrap-anywhere sm:text-3xl">{name}</h1>
      <p className="mt-1 wrap-anywhere text-muted">A course in {course.platform}</p>
      <div className="mt-6">
        {course.cohort !== null ? (
          <Alert
            tone="good"
            title="Connected"
            action={
              <Link href={`/cohorts/${course.cohort.id}`} className={buttonClass("secondary")}>
                Open {course.cohort.name}
              </Link>
            }
          >
            Students who open ApraNova from this course join {course.cohort.name}.
          </Alert>
        ) : course.connected ? (
          <Alert
            tone="info"
            title="This course is connected with a cohort that you do not teach"
            action={<ToCohorts />}
          >
            Ask an admin of your school to make you one of its instructors. To connect the course with another cohort,
            somebody who teaches that one disconnects it first.
          </Alert>
        ) : (
          <Connect course={course} />
        )}
      </div>
    </>
  );
}

function Connect({ course }: { course: Course }) {
  const cohorts = useCohorts();
  const error = useLastingError(cohorts);
  const router = useRouter();
  const connect = useConnectCourse(course.id);
  if (error !== null)
    return <LoadFailure query={cohorts} error={error} title="Your cohorts cannot be shown right now" />;
  if (cohorts.data === undefined) return <LoadingPanel label="Loading your cohorts" />;
  const open = cohorts.data.items.filter(({ active }) => active);
  if (open.length === 0) {
    return (
      <Alert tone="info" title="You have no cohort yet" action={<ToCohorts />}>
        Create one first. Then open ApraNova from your course again.
      </Alert>
    );
  }
  return (
    <Panel
      id="connect-course"
      title="Connect it with a cohort"
      description="Students who open ApraNova from this course then join the cohort. You can disconnect it at any time."
    >
      <Form
        error={connect.error}
        busy={connect.isPending}
        onSubmit={(text) =>
          void connect.mutateAsync(text("cohort")).then(
            ({ cohort }) => router.replace(cohort === null ? "/cohorts" : `/cohorts/${cohort.id}`),
            () => undefined,
          )
        }
        className="space-y-4"
      >
        <SelectField label="Cohort" name="cohort">
          {open.map(({ id, name, track }) => (
            <option key={id} value={id}>
              {name} · {trackName(track)}
            </option>
          ))}
        </SelectField>
        <Button type="submit" tone="primary" busy={connect.isPending}>
          Connect
        </Button>
      </Form>
    </Panel>
  );
}

function ToCohorts() {
  return (
    <Link href="/cohorts" className={buttonClass("secondary")}>
      Your cohorts
    </Link>
  );
}
