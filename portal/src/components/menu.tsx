"use client";

import { CheckIcon } from "lucide-react";
import Link from "next/link";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

export type MenuEntry =
  | { label: string; hint?: string; danger?: boolean; onSelect: () => void; checked?: boolean }
  | { label: string; href: string };

interface MenuProps {
  /** The accessible name of the button when its content is not text. */
  label?: string;
  button: ReactNode;
  buttonClassName: string;
  heading?: ReactNode;
  entries: readonly MenuEntry[];
  align?: "left" | "right";
  /** The chosen action is in progress. The button stays, so that it keeps the focus. */
  busy?: boolean;
}

/**
 * A menu button. Arrow keys, Home and End move, Escape closes and returns to the button, Tab
 * leaves.
 */
export function Menu({ label, button, buttonClassName, heading, entries, align = "right", busy = false }: MenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return;
    items(list.current)[0]?.focus();
    const closeOutside = (event: PointerEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [open]);

  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };

  const onMenuKey = (event: KeyboardEvent) => {
    const all = items(list.current);
    const at = all.findIndex((item) => item === document.activeElement);
    const target = {
      ArrowDown: all[(at + 1) % all.length],
      ArrowUp: all[(at - 1 + all.length) % all.length],
      Home: all[0],
      End: all.at(-1),
    }[event.key];
    if (target !== undefined) target.focus();
    else if (event.key === "Escape") close();
    else {
      if (event.key === "Tab") setOpen(false);
      return;
    }
    event.preventDefault();
  };

  return (
    <div ref={root} className="relative">
      <button
        ref={trigger}
        type="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        className={buttonClassName}
        aria-disabled={busy || undefined}
        aria-busy={busy || undefined}
        onClick={() => setOpen(!open && !busy)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" && !open && !busy) {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        {button}
      </button>
      {open && (
        <div
          className={`rise absolute top-full z-20 mt-2 w-max max-w-[calc(100vw-2rem)] min-w-52 rounded-xl border border-line bg-raised p-1.5 shadow-xl ${align === "right" ? "right-0" : "left-0"}`}
        >
          {heading}
          <div
            ref={list}
            id={id}
            role="menu"
            tabIndex={-1}
            aria-label={label}
            onKeyDown={onMenuKey}
            className="flex flex-col"
          >
            {entries.map((entry) => (
              <Entry key={entry.label} entry={entry} onDone={close} />
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

const ENTRY =
  "flex min-h-10 items-center gap-3 rounded-lg px-3 py-2 text-left text-sm hover:bg-sunken focus-visible:bg-sunken";

function Entry({ entry, onDone }: { entry: MenuEntry; onDone: () => void }) {
  if ("href" in entry) {
    return (
      <Link href={entry.href} role="menuitem" tabIndex={-1} className={ENTRY} onClick={onDone}>
        {entry.label}
      </Link>
    );
  }
  const choice = entry.checked !== undefined;
  return (
    <button
      type="button"
      role={choice ? "menuitemradio" : "menuitem"}
      aria-checked={entry.checked}
      tabIndex={-1}
      className={`${ENTRY} ${entry.danger === true ? "text-bad" : ""}`}
      onClick={() => {
        onDone();
        entry.onSelect();
      }}
    >
      <span className="flex-1">
        {entry.label}
        {entry.hint !== undefined && <span className="block text-xs text-muted">{entry.hint}</span>}
      </span>
      {choice && <CheckIcon className={`size-4 ${entry.checked === true ? "text-accent" : "invisible"}`} />}
    </button>
  );
}

function items(list: HTMLElement | null): HTMLElement[] {
  return list === null ? [] : [...list.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
}
