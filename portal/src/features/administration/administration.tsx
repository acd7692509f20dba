"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { NotForYou } from "@/components/not-for-you";
import { LoadingPanel } from "@/components/panel";
import { useMe } from "@/lib/session/use-me";

const TABS = [
  { href: "/administration/workspaces", label: "Workspaces" },
  { href: "/administration/people", label: "People" },
  { href: "/administration/health", label: "Health" },
  { href: "/administration/capacity", label: "Capacity" },
  { href: "/administration/announcements", label: "Announcements" },
  { href: "/administration/hours", label: "Hours" },
  { href: "/administration/audit", label: "Audit" },
] as const;

const TAB = "flex min-h-10 items-center rounded-lg px-3 text-sm font-medium";

/** The console of an admin: its tabs, and the chosen one. The API refuses everybody else as well. */
export function Administration({ children }: { children: ReactNode }) {
  const me = useMe();
  const path = usePathname();
  if (me.data === undefined) return <LoadingPanel label="Loading" />;
  if (me.data.role !== "admin")
    return (
      <NotForYou heading="Administration" title="This page is for admins">
        The admins of your school manage people and workspaces here.
      </NotForYou>
    );
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">Administration</h1>
      <nav aria-label="Administration" className="mt-4">
        <ul className="flex flex-wrap gap-1 border-b border-line pb-2">
          {TABS.map(({ href, label }) => (
            <li key={href}>
              <Link
                href={href}
                aria-current={path === href ? "page" : undefined}
                className={`${TAB} ${path === href ? "bg-accent-soft text-accent" : "text-muted hover:text-ink"}`}
              >
                {label}
              </Link>
            </li>
          ))}
          <li>
            {/* Another program's pages: no link within the portal leads there. */}
            <a href="/api/admin/" className={`${TAB} text-muted hover:text-ink`}>
              All records
            </a>
          </li>
        </ul>
      </nav>
      <div className="mt-6">{children}</div>
    </>
  );
}
