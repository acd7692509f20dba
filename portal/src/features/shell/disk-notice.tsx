"use client";

import { useQuery } from "@tanstack/react-query";

import { Alert } from "@/components/alert";
import { answer, api } from "@/lib/api/client";

const LOOK_EVERY_MS = 60_000;

/** Tells staff that the platform's disk is nearly full. Shows nothing while nobody can tell. */
export function DiskNotice() {
  const health = useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => answer(api.GET("/api/health/", { signal })),
    refetchInterval: LOOK_EVERY_MS,
    retry: false,
  });
  const disk = health.data?.disk;
  if (disk?.state !== "nearly_full") return null;
  return (
    <div className="mb-6">
      <Alert tone="warn">{disk.detail}</Alert>
    </div>
  );
}
