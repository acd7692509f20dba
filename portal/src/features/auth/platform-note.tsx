"use client";

import { useSignInOptions } from "./api";

/** Where people come from, too, or from where alone: a course of the school's learning platform. */
export function PlatformNote({ only = false }: { only?: boolean }) {
  const platform = useSignInOptions().data?.platform ?? null;
  if (platform === null) return null;
  if (only) {
    return <p className="wrap-anywhere">Open ApraNova from your course in {platform}. That signs you in.</p>;
  }
  return (
    <p className="mt-6 text-center text-sm wrap-anywhere text-muted">
      You can also open ApraNova from your course in {platform}.
    </p>
  );
}
