import { type FocusEvent, type PointerEvent, useState } from "react";

import type { WorkspacePage } from "@/lib/api/types";

interface Held {
  /** What was asked for then: another search or page is shown at once. */
  wanted: unknown;
  page: WorkspacePage;
}

/**
 * A live list whose rows stay in their places while somebody points at one or is in one with the
 * keyboard: in a school of a thousand somebody comes or goes each second, and a click would hit
 * another's row. What the rows say stays live. `page` is undefined until there is one, and
 * `settled` says whether it answers `wanted`.
 */
export function useHeldList(wanted: unknown, page: WorkspacePage | undefined, settled: boolean) {
  const [held, setHeld] = useState<Held | null>(null);
  const isHeld = held !== null && held.wanted === wanted && settled;
  const letGo = () => setHeld(null);
  const hold = () => {
    if (!isHeld && settled && page !== undefined) setHeld({ wanted, page });
  };
  return {
    shown: isHeld && page !== undefined ? inPlace(held.page, page) : page,
    /** Whether the list would look different if nobody held it. */
    waits: isHeld && page !== undefined && ids(held.page) !== ids(page),
    handlers: {
      onPointerOver: hold,
      onFocus: hold,
      onPointerLeave: ({ currentTarget }: PointerEvent) => {
        if (!currentTarget.contains(document.activeElement)) letGo();
      },
      onBlur: ({ currentTarget, relatedTarget }: FocusEvent) => {
        if (!currentTarget.contains(relatedTarget) && !currentTarget.matches(":hover")) letGo();
      },
    },
  };
}

/** Rows that are gone say what they said last. */
function inPlace(held: WorkspacePage, page: WorkspacePage): WorkspacePage {
  const now = new Map(page.items.map((row) => [row.id, row]));
  return { ...held, items: held.items.map((row) => now.get(row.id) ?? row) };
}

function ids({ items }: WorkspacePage): string {
  return items.map(({ id }) => id).join();
}
