"use client";

import type { ReactNode } from "react";

import { NotForYou } from "@/components/not-for-you";
import { LoadingPanel } from "@/components/panel";
import type { Me } from "@/lib/api/types";
import { isStaff } from "@/lib/roles";
import { MayChange } from "@/lib/session/may-change";
import { useMe } from "@/lib/session/use-me";

/**
 * Shows a page only to those who teach, and admins. The API refuses students as well; this explains it
 * to them.
 */
export function StaffOnly({ children }: { children: (me: Me) => ReactNode }) {
  const me = useMe();
  if (me.data === undefined) return <LoadingPanel label="Loading" />;
  if (isStaff(me.data.role)) return <MayChange value={me.data.role !== "assistant"}>{children(me.data)}</MayChange>;
  return (
    <NotForYou heading="Cohorts" title="This page is for instructors">
      Your instructors manage cohorts and timetables here.
    </NotForYou>
  );
}
