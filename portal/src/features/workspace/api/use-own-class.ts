import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { OwnClass } from "@/lib/api/types";

/** When the class that is shown is over, the next one takes its place, on a screen that nobody touches. */
function pause(own: OwnClass | null | undefined): number {
  const left = own?.next_class == null ? Infinity : Date.parse(own.next_class.ends_at) - Date.now();
  return Math.min(Math.max(left, 60_000), 3_600_000);
}

/** The student's class; null without one, or before it is known. */
export function useOwnClass(): OwnClass | null {
  const { data } = useQuery({
    queryKey: ["class"],
    queryFn: ({ signal }) => answer(api.GET("/api/class/", { signal })),
    refetchInterval: ({ state }) => pause(state.data?.cohort),
  });
  return data?.cohort ?? null;
}
