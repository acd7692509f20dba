import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { OwnClass } from "@/lib/api/types";

/** The student's class; null without one, or before it is known. */
export function useOwnClass(): OwnClass | null {
  const { data } = useQuery({
    queryKey: ["class"],
    queryFn: ({ signal }) => answer(api.GET("/api/class/", { signal })),
  });
  return data?.cohort ?? null;
}
