"use client";

import { type ComponentProps, type ReactNode, useId, useState } from "react";

const INPUT =
  "block w-full min-h-11 rounded-lg border border-control bg-surface px-3 text-base text-ink placeholder:text-muted aria-invalid:border-bad disabled:bg-sunken";
/** Not for a choice: to a style sheet, each select is read-only. */
const READ_ONLY = "read-only:bg-sunken read-only:border-line";

interface FieldProps extends Omit<ComponentProps<"input">, "id"> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

/** A labeled input; hint and error are read out with it. */
export function Field({ label, hint, error, className = "", ...rest }: FieldProps) {
  return (
    <Labeled label={label} hint={hint} error={error}>
      {(control) => <input {...control} className={`${INPUT} ${READ_ONLY} ${className}`} {...rest} />}
    </Labeled>
  );
}

/** A labeled text of several lines; hint and error are read out with it. */
export function TextAreaField({
  label,
  hint,
  error,
  className = "",
  ...rest
}: Omit<ComponentProps<"textarea">, "id"> & Pick<FieldProps, "label" | "hint" | "error">) {
  return (
    <Labeled label={label} hint={hint} error={error}>
      {(control) => <textarea {...control} className={`${INPUT} py-2 ${className}`} {...rest} />}
    </Labeled>
  );
}

/** A labeled choice; hint and error are read out with it. */
export function SelectField({
  label,
  hint,
  error,
  children,
  ...rest
}: Omit<ComponentProps<"select">, "id"> & Pick<FieldProps, "label" | "hint" | "error">) {
  return (
    <Labeled label={label} hint={hint} error={error}>
      {(control) => (
        <select {...control} className={INPUT} {...rest}>
          {children}
        </select>
      )}
    </Labeled>
  );
}

/** A password with a button that shows it: people who type blind choose short passwords. */
export function PasswordField({ label, hint, error, ...rest }: Omit<FieldProps, "type">) {
  const [shown, setShown] = useState(false);
  return (
    <Labeled label={label} hint={hint} error={error}>
      {(control) => (
        <div className="relative">
          <input
            {...control}
            type={shown ? "text" : "password"}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            className={`${INPUT} pr-16`}
            {...rest}
          />
          <button
            type="button"
            aria-pressed={shown}
            aria-controls={control.id}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-1.5 right-1.5 rounded-md px-2.5 text-sm font-medium text-accent hover:bg-accent-soft"
          >
            {shown ? "Hide" : "Show"}
            <span className="sr-only"> {label.toLowerCase()}</span>
          </button>
        </div>
      )}
    </Labeled>
  );
}

interface LabeledProps extends Pick<FieldProps, "label" | "hint" | "error"> {
  children: (control: Pick<ComponentProps<"input">, "aria-invalid" | "aria-describedby"> & { id: string }) => ReactNode;
}

/** The label above a control and the note below it: the error, otherwise the hint. */
function Labeled({ label, hint, error, children }: LabeledProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      {children({
        id,
        "aria-invalid": error !== undefined || undefined,
        "aria-describedby": note === undefined ? undefined : `${id}-note`,
      })}
      {note !== undefined && (
        <p id={`${id}-note`} className={`mt-1.5 text-sm ${error === undefined ? "text-muted" : "text-bad"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
