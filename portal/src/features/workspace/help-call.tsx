"use client";

import { HandIcon } from "lucide-react";

import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import type { Me } from "@/lib/api/types";
import { isStaff } from "@/lib/roles";
import { ago } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useHelp, useRaiseHand } from "./api/use-help";

/** A student raises a hand, and the class's instructors see it. */
export function HelpCall({ me }: { me: Me }) {
  return isStaff(me.role) ? null : <Hand />;
}

function Hand() {
  const help = useHelp();
  const raise = useRaiseHand();
  const now = useNow(30_000);
  if (help === undefined || !help.can_ask) return null;
  const askedAt = help.asked_at;
  return (
    <section aria-label="Help" className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <Button busy={raise.isPending} onClick={() => raise.mutate(askedAt === null)}>
        <HandIcon className="size-4" />
        {askedAt === null ? "I need help" : "I need no help any more"}
      </Button>
      <p role="status" className="text-sm text-muted">
        {askedAt !== null && `You asked for help ${ago(askedAt, now)}. Your instructors see it.`}
      </p>
      <Failure error={raise.error} />
    </section>
  );
}
