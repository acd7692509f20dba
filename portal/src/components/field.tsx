"use client";

import { type ComponentProps, type ReactNode, useId, useState } from "react";

const INPUT =
  "block w-full min-h-11 rounded-lg border border-control bg-surface px-3 text-base text-ink placeholder:text-muted aria-invalid:border-bad read-only:bg-sunken read-only:border-line";

interface FieldProps extends Omit<ComponentProps<"input">, "id"> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

/** A labelled input; hint and error are read out with it. */
export function Field({ label, hint, error, className = "", ...rest }: FieldProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={`${INPUT} ${className}`}
        {...rest}
      />
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

/** A labelled choice; hint and error are read out with it. */
export function SelectField({
  label,
  hint,
  error,
  children,
  ...rest
}: Omit<ComponentProps<"select">, "id"> & Pick<FieldProps, "label" | "hint" | "error">) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <select
        id={id}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={INPUT}
        {...rest}
      >
        {children}
      </select>
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

/** A password with a button that shows it: typing blind is what makes people choose short ones. */
export function PasswordField({ label, hint, error, ...rest }: Omit<FieldProps, "type">) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          type={shown ? "text" : "password"}
          aria-invalid={error !== undefined || undefined}
          aria-describedby={describedBy(id, hint, error)}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          className={`${INPUT} pr-16`}
          {...rest}
        />
        <button
          type="button"
          aria-pressed={shown}
          aria-controls={id}
          onClick={() => setShown(!shown)}
          className="absolute inset-y-1.5 right-1.5 rounded-md px-2.5 text-sm font-medium text-accent hover:bg-accent-soft"
        >
          {shown ? "Hide" : "Show"}
          <span className="sr-only"> {label.toLowerCase()}</span>
        </button>
      </div>
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

function describedBy(id: string, hint: ReactNode, error: string | undefined): string | undefined {
  if (error !== undefined) return `${id}-error`;
  return hint === undefined ? undefined : `${id}-hint`;
}

function Notes({ id, hint, error }: { id: string; hint: ReactNode; error: string | undefined }) {
  if (error !== undefined) {
    return (
      <p id={`${id}-error`} className="mt-1.5 text-sm text-bad">
        {error}
      </p>
    );
  }
  return hint === undefined ? null : (
    <p id={`${id}-hint`} className="mt-1.5 text-sm text-muted">
      {hint}
    </p>
  );
}
