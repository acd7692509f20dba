"use client";

import { ChevronDownIcon } from "lucide-react";
import { useId } from "react";

import type { WorkspaceKind } from "@/lib/api/types";

import { KINDS } from "./kinds";
import { useGuideOpen } from "./use-guide-open";

/**
 * What is in the workspace and how to begin. Once closed, it stays closed, and one line remains to
 * open it.
 */
export function KindGuide({ kind, personId }: { kind: WorkspaceKind; personId: string }) {
  const [open, setOpen] = useGuideOpen(personId, kind);
  const topicsId = useId();
  return (
    <section aria-label="What is inside" className={open ? "rounded-2xl border border-line bg-surface shadow-xs" : ""}>
      <h2 className={open ? "px-3 pt-3 sm:px-5 sm:pt-5" : ""}>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={open ? topicsId : undefined}
          onClick={() => setOpen(!open)}
          className={`flex min-h-11 items-center gap-3 rounded-lg px-3 font-semibold hover:bg-sunken ${open ? "w-full justify-between" : "text-sm text-muted hover:text-ink"}`}
        >
          What is inside
          <span className="inline-flex items-center gap-1 text-sm font-medium text-muted">
            {open && <span aria-hidden="true">Hide</span>}
            <ChevronDownIcon className={`size-4 ${open ? "rotate-180" : ""}`} />
          </span>
        </button>
      </h2>
      {open && (
        <ul id={topicsId} className="grid gap-x-10 gap-y-6 px-6 pt-3 pb-7 sm:grid-cols-2 sm:px-8">
          {KINDS[kind].guide.map(({ icon: Icon, title, text }) => (
            <li key={title} className="flex gap-4">
              <span className="grid size-10 shrink-0 place-items-center rounded-xl bg-accent-soft text-accent">
                <Icon aria-hidden="true" />
              </span>
              <div className="min-w-0">
                <h3 className="text-sm font-semibold">{title}</h3>
                <p className="mt-0.5 text-sm text-pretty text-muted">{text}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
