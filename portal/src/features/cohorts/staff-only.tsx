"use client";

import Link from "next/link";
import type { ReactNode } from "react";

import { Alert } from "@/components/alert";
import { buttonClass } from "@/components/button";
import { LoadingPanel } from "@/components/panel";
import type { Me } from "@/lib/api/types";
import { isStaff } from "@/lib/roles";
import { useMe } from "@/lib/session/use-me";

/**
 * Shows a page only to instructors and admins. The API refuses students as well; this explains it
 * to them.
 */
export function StaffOnly({ children }: { children: (me: Me) => ReactNode }) {
  const me = useMe();
  if (me.data === undefined) return <LoadingPanel label="Loading" />;
  if (isStaff(me.data.role)) return children(me.data);
  return (
    <>
      <h1 className="mb-6 text-2xl font-semibold tracking-tight sm:text-3xl">Cohorts</h1>
      <Alert
        tone="info"
        title="This page is for instructors"
        action={
          <Link href="/dashboard" className={buttonClass("secondary")}>
            Go to your dashboard
          </Link>
        }
      >
        Your instructors manage cohorts and timetables here.
      </Alert>
    </>
  );
}
