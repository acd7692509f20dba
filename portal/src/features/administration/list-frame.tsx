"use client";

import { type ReactNode, useEffect, useState } from "react";

import { Button } from "@/components/button";
import { Field } from "@/components/field";

const TYPED_FOR_MS = 300;

/** A search that is made when the person pauses, not at each letter. */
export function SearchField({
  label,
  hint,
  start = "",
  onSearch,
}: {
  label: string;
  hint?: string;
  start?: string;
  onSearch: (text: string) => void;
}) {
  const [text, setText] = useState(start);
  useEffect(() => {
    if (text === start) return;
    const timer = setTimeout(() => onSearch(text), TYPED_FOR_MS);
    return () => clearTimeout(timer);
  }, [text, start, onSearch]);
  return (
    <Field
      label={label}
      hint={hint}
      type="search"
      autoComplete="off"
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

/** The controls above a list: side by side where there is room, two on a phone, below the first. */
export function Filters({ children }: { children: ReactNode }) {
  return (
    <div className="grid grid-cols-2 gap-4 sm:grid-cols-[repeat(auto-fill,minmax(12rem,1fr))] max-sm:[&>:first-child]:col-span-full">
      {children}
    </div>
  );
}

/** "51–100 of 1,204", and the way to the pages before and after. */
export function Pager({
  page,
  perPage,
  total,
  shown,
  live,
  note = "",
  onPage,
}: {
  page: number;
  perPage: number;
  total: number;
  shown: number;
  /** What a live list was asked for (null: not answered yet). Its count is announced once for that,
   * not each time somebody comes or goes. */
  live?: object | null;
  note?: string;
  onPage: (page: number) => void;
}) {
  const first = (page - 1) * perPage + 1;
  const more = first + shown - 1 < total;
  const range =
    shown === 0
      ? "Nothing found"
      : `${first.toLocaleString("en")}–${(first + shown - 1).toLocaleString("en")} of ${total.toLocaleString("en")}`;
  const [said, setSaid] = useState({ live, range });
  if (live != null && said.live !== live) setSaid({ live, range });
  return (
    <nav aria-label="Pages" className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <div className="text-muted">
        <p role="status" aria-live={live === undefined || said.range === range ? "polite" : "off"}>
          {range}
        </p>
        {note !== "" && <p>{note}</p>}
      </div>
      {(page > 1 || more) && (
        <div className="flex gap-2">
          <Button unavailable={page === 1} onClick={() => onPage(page - 1)}>
            Previous page
          </Button>
          <Button unavailable={!more} onClick={() => onPage(page + 1)}>
            Next page
          </Button>
        </div>
      )}
    </nav>
  );
}

const MARKS = {
  neutral: "bg-sunken text-muted",
  active: "bg-accent-soft text-accent",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

/** A state in a word. Lists change all the time, so screen readers do not announce each change. */
export function Mark({ tone, children }: { tone: keyof typeof MARKS; children: ReactNode }) {
  return (
    <span className={`inline-block shrink-0 rounded-full px-2.5 py-0.5 text-xs font-medium ${MARKS[tone]}`}>
      {children}
    </span>
  );
}

export type MarkTone = keyof typeof MARKS;
