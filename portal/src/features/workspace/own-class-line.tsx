"use client";

import { nextClass } from "@/features/cohorts/model/class-times";
import type { Me } from "@/lib/api/types";
import { trackName } from "@/lib/roles";
import { useNow } from "@/lib/use-now";

import { useOwnClass } from "./api/use-own-class";

/** Under a student's greeting: the class, who teaches it, and when it meets next. */
export function OwnClassLine({ track }: { track: Me["track"] }) {
  const own = useOwnClass();
  const now = useNow(30_000);
  const names = own === null || own.instructors.length === 0 ? "" : `with ${own.instructors.join(", ")}`;
  const parts = [own?.name, track == null ? null : trackName(track), names].filter(Boolean);
  return (
    <>
      <p className="mt-1 wrap-anywhere text-muted">{parts.join(" · ")}</p>
      {own?.next_class != null && (
        <p className="mt-1 text-sm wrap-anywhere text-muted">
          Class: {nextClass(own.next_class, now, own.time_zone)} · {own.next_class.title}
        </p>
      )}
    </>
  );
}
