"use client";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import type { Visitor } from "@/lib/api/types";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useHelp, useRaiseHand } from "./api/use-help";

const BECAUSE: Record<Visitor["because"], string> = {
  call: "They came because you asked for help.",
  class: "Your school lets instructors in during class.",
  school: "Your school lets instructors in.",
};

const BECAUSE_OF_A_LOOK: Record<Visitor["because"], string> = {
  call: "You asked for help.",
  class: "Your school allows it during class.",
  school: "Your school allows it.",
};

/** Who is in the student's workspace to help: never without the student seeing it. */
export function Visitors() {
  const visits = useHelp()?.visits ?? [];
  return visits.map((visit) => <OneVisitor key={`${visit.name} ${visit.mode} ${visit.began_at}`} visit={visit} />);
}

function OneVisitor({ visit: { name, because, began_at, ends_at, mode } }: { visit: Visitor }) {
  const lower = useRaiseHand();
  const now = useNow(30_000);
  const looks = mode === "look";
  return (
    <Alert
      tone="warn"
      title={looks ? `${name} is looking at your files` : `${name} is in your workspace`}
      action={
        because === "call" && (
          <Button busy={lower.isPending} onClick={() => lower.mutate(false)}>
            {looks ? "End the look" : "End the visit"}
          </Button>
        )
      }
    >
      {looks ? (
        <p>
          Since {clock(began_at, now)}. They see your files in the portal and can change nothing.{" "}
          {BECAUSE_OF_A_LOOK[because]}
        </p>
      ) : (
        <p>
          Since {clock(began_at, now)}, until {clock(ends_at, now)} at most. They see and change your files as you do.{" "}
          {BECAUSE[because]}
        </p>
      )}
      <Failure error={lower.error} />
    </Alert>
  );
}
