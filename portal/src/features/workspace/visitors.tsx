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

/** Who is in the student's workspace to help: never without the student seeing it. */
export function Visitors() {
  const visits = useHelp()?.visits ?? [];
  return visits.map((visit) => <OneVisitor key={`${visit.name} ${visit.began_at}`} visit={visit} />);
}

function OneVisitor({ visit: { name, because, began_at, ends_at } }: { visit: Visitor }) {
  const lower = useRaiseHand();
  const now = useNow(30_000);
  return (
    <Alert
      tone="warn"
      title={`${name} is in your workspace`}
      action={
        because === "call" && (
          <Button busy={lower.isPending} onClick={() => lower.mutate(false)}>
            End the visit
          </Button>
        )
      }
    >
      <p>
        Since {clock(began_at, now)}, until {clock(ends_at, now)} at most. They see and change your files as you do.{" "}
        {BECAUSE[because]}
      </p>
      <Failure error={lower.error} />
    </Alert>
  );
}
