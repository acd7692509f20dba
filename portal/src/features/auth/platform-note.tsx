"use client";

import { useSignInOptions } from "./api";

/** Where else people come from: a course of the school's learning platform. */
export function PlatformNote() {
  const platform = useSignInOptions().data?.platform ?? null;
  if (platform === null) return null;
  return (
    <p className="mt-6 text-center text-sm wrap-anywhere text-muted">
      You can also open ApraNova from your course in {platform}.
    </p>
  );
}
