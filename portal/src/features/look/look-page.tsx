"use client";

import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import { LoadingPanel, Panel } from "@/components/panel";
import { StaffOnly } from "@/features/cohorts/staff-only";
import { explain } from "@/lib/api/errors";
import type { PastEntry } from "@/lib/api/types";
import { useIsClient } from "@/lib/use-is-client";
import { usePageTitle } from "@/lib/use-page-title";

import { hasEnded, type Student, useBeginLook, useEndLook, useFolder } from "./api";
import { FileNow } from "./file-now";
import { FileTree } from "./file-tree";

/** One static page for all students, as with cohorts: the ids come from the address. */
export function LookPage() {
  const path = usePathname();
  const [, , cohort = "", , student = ""] = useIsClient() ? path.split("/") : [];
  const known = cohort !== "" && student !== "";
  return <StaffOnly>{() => <Look key={path} one={known ? { cohort, student } : null} />}</StaffOnly>;
}

function Look({ one }: { one: Student | null }) {
  const [attempt, setAttempt] = useState(0);
  const begun = useBeginLook(one, attempt);
  if (one === null || (begun.data === undefined && begun.error === null)) {
    return <LoadingPanel label="Opening the student's files" />;
  }
  const again = () => setAttempt(attempt + 1);
  return (
    <>
      <p className="mb-2 text-sm">
        <Link href={`/cohorts/${one.cohort}`} className="font-medium text-accent underline-offset-4 hover:underline">
          Back to the class
        </Link>
      </p>
      {begun.data === undefined && (
        <h1 className="mb-4 text-2xl font-semibold tracking-tight sm:text-3xl">A student’s files</h1>
      )}
      {begun.data === undefined ? (
        <Alert
          tone="warn"
          title="You cannot look at these files right now"
          action={
            <Button busy={begun.isFetching} onClick={again}>
              Try again
            </Button>
          }
        >
          {explain(begun.error)}
        </Alert>
      ) : (
        <LookView key={attempt} one={one} name={begun.data.student} onAgain={again} />
      )}
    </>
  );
}

interface LookViewProps {
  one: Student;
  name: string;
  onAgain: () => void;
}

/** A student's files as they are now. Nothing here can change them. */
export function LookView({ one, name, onAgain }: LookViewProps) {
  usePageTitle(`${name}’s files`);
  const router = useRouter();
  const [file, setFile] = useState<PastEntry>();
  const top = useFolder(one, "");
  const end = useEndLook(one);
  const ended = hasEnded(top.error);
  const leave = () => end.mutate(undefined, { onSuccess: () => router.push(`/cohorts/${one.cohort}`) });
  return (
    <>
      <h1 className="mb-4 text-2xl font-semibold tracking-tight wrap-anywhere sm:text-3xl">{name}’s files</h1>
      {ended ? (
        <Alert tone="info" urgent title="Your look has ended" action={<Button onClick={onAgain}>Look again</Button>}>
          The student ended it, their workspace stopped, the hour is over, or this page was in the background for two
          minutes.
        </Alert>
      ) : (
        <Alert
          tone="info"
          title={`${name} sees that you are looking`}
          action={
            <Button busy={end.isPending} onClick={leave}>
              Stop looking
            </Button>
          }
        >
          These are their files as they are now. You can change nothing. Hidden files of the home and installed packages
          are not shown.
        </Alert>
      )}
      <Failure error={end.error} />
      {!ended && (
        <div className="mt-5 grid gap-5 lg:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
          <Panel id="tree" title="Files">
            <div className="max-h-72 overflow-y-auto p-1 lg:max-h-[65vh]">
              <FileTree one={one} path="" chosen={file?.path} onChoose={setFile} />
            </div>
          </Panel>
          {file === undefined ? (
            <Panel id="file" title="No file is open">
              <p className="text-sm text-muted">Choose one from the list. It changes here when the student saves it.</p>
            </Panel>
          ) : (
            <FileNow key={file.path} one={one} file={file} />
          )}
        </div>
      )}
    </>
  );
}
