"use client";

import { ChevronDownIcon } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { Announcements } from "@/features/announcements/announcements";
import { LoadFailure } from "@/components/failure";
import { Mark } from "@/components/icons";
import { Menu, type MenuEntry } from "@/components/menu";
import { Skeleton } from "@/components/panel";
import { ThemeMenu } from "@/components/theme-menu";
import { preloadAnswer } from "@/lib/api/preload";
import type { Me } from "@/lib/api/types";
import { isStaff } from "@/lib/roles";
import { useMe } from "@/lib/session/use-me";
import { useSignOut } from "@/lib/session/use-sign-out";
import { useLastingError } from "@/lib/use-lasting-error";

import { ConnectionNotice } from "./connection-notice";

/** The pages of the portal. */
const PAGES: { href: string; label: string; isFor?: (role: Me["role"]) => boolean }[] = [
  { href: "/dashboard", label: "Dashboard" },
  { href: "/cohorts", label: "Cohorts", isFor: isStaff },
  { href: "/administration", label: "Administration", isFor: (role) => role === "admin" },
  { href: "/account", label: "Account" },
];

export function Shell({ children }: { children: ReactNode }) {
  preloadAnswer("/api/me/");
  const me = useMe();
  const error = useLastingError(me);
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only rounded-lg bg-accent px-4 py-2 text-accent-ink focus-visible:not-sr-only focus-visible:absolute focus-visible:top-3 focus-visible:left-3 focus-visible:z-30"
      >
        Skip to content
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-6 px-4 sm:px-6">
          <Link href="/dashboard" className="flex min-h-14 items-center gap-2.5 font-semibold tracking-tight text-ink">
            <Mark />
            <span className="max-w-36 truncate min-[24rem]:max-w-48 sm:max-w-72">
              {me.data?.school.name ?? "ApraNova"}
            </span>
          </Link>
          <Pages role={me.data?.role} />
          <div className="ml-auto flex items-center gap-1">
            <ThemeMenu />
            <UserMenu me={me.data} />
          </div>
        </div>
      </header>
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto w-full max-w-5xl flex-1 px-4 py-8 outline-none sm:px-6 sm:py-10"
      >
        {me.data !== undefined && <Announcements />}
        {error !== null && me.data === undefined ? (
          <LoadFailure query={me} error={error} title="The portal is not available right now">
            Your files are safe.
          </LoadFailure>
        ) : (
          children
        )}
      </main>
      <ConnectionNotice />
    </div>
  );
}

function Pages({ role }: { role: Me["role"] | undefined }) {
  const path = usePathname();
  return (
    <nav aria-label="Main" className="max-sm:order-last max-sm:-mx-2 max-sm:w-full">
      <ul className="flex gap-1 max-sm:gap-0">
        {PAGES.filter(({ isFor }) => isFor === undefined || (role !== undefined && isFor(role))).map(
          ({ href, label }) => {
            const here = path === href || path.startsWith(`${href}/`);
            return (
              <li key={href}>
                <Link
                  href={href}
                  aria-current={here ? "page" : undefined}
                  className={`relative flex min-h-11 items-center rounded-md px-2 text-sm font-medium sm:min-h-14 sm:px-3 ${here ? "text-ink after:absolute after:inset-x-2 after:bottom-0 after:h-0.5 after:bg-accent sm:after:inset-x-3" : "text-muted hover:text-ink"}`}
                >
                  {label}
                </Link>
              </li>
            );
          },
        )}
      </ul>
    </nav>
  );
}

function UserMenu({ me }: { me: Me | undefined }) {
  const signOut = useSignOut();
  if (me === undefined) return <Skeleton className="size-9 rounded-full" />;
  const short = initials(me.name || me.email);
  const entries: MenuEntry[] = [
    { label: "Account and security", href: "/account" },
    { label: "Sign out", onSelect: () => signOut.mutate() },
  ];
  return (
    <Menu
      label={`Account menu: ${me.name || me.email} (${short})`} // with what the button shows
      button={
        <>
          <span className="grid size-8 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent">
            {short}
          </span>
          <ChevronDownIcon className="size-4 text-muted" />
        </>
      }
      buttonClassName="flex min-h-10 items-center gap-1 rounded-lg px-1.5 hover:bg-line/50"
      heading={
        <div className="mb-1.5 border-b border-line px-3 pt-1.5 pb-2.5">
          <p className="text-sm font-medium">{me.name}</p>
          <p className="text-xs wrap-anywhere text-muted">{me.email}</p>
        </div>
      }
      entries={entries}
    />
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "") + (words[1]?.[0] ?? "")).toUpperCase();
}
