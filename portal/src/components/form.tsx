"use client";

import { type ReactNode, useEffect, useRef } from "react";

import { ApiError } from "@/lib/api/errors";

import { Failure } from "./failure";

interface FormProps {
  /** Why the last submission failed. */
  error?: Error | null;
  /** The fields that show their own message; all other messages appear above the form. */
  fields?: readonly string[];
  busy?: boolean;
  /** `text` reads a field; it is empty when there is no such field. */
  onSubmit: (text: (name: string) => string, form: HTMLFormElement) => void;
  className?: string;
  children: ReactNode;
}

/**
 * A form. After a failed submission it says what is wrong and moves the focus to the first invalid
 * field.
 */
export function Form({ error = null, fields = [], busy = false, onSubmit, className, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [error]);
  return (
    <form
      ref={form}
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        const text = (name: string) => {
          const value = values.get(name);
          return typeof value === "string" ? value : "";
        };
        if (!busy) onSubmit(text, event.currentTarget);
      }}
    >
      <Failure error={withoutFields(error, fields)} />
      {children}
    </form>
  );
}

export function fieldError(error: unknown, field: string): string | undefined {
  return error instanceof ApiError ? error.fields[field] : undefined;
}

/** What is left to say above the form: messages for unknown fields, or the error as a whole. */
function withoutFields(error: Error | null, shown: readonly string[]): Error | null {
  if (!(error instanceof ApiError)) return error;
  const named = Object.entries(error.fields);
  if (named.length === 0) return error;
  const others = named.filter(([field]) => !shown.includes(field)).map(([, message]) => message);
  return others.length === 0 ? null : new ApiError(error.status, error.reason, others.join(" "));
}
