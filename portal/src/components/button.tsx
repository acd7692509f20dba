import type { ComponentProps, ReactNode } from "react";

import { Spinner } from "./icons";

export type ButtonTone = "primary" | "secondary" | "quiet" | "danger";

const TONES: Record<ButtonTone, string> = {
  primary:
    "bg-accent text-accent-ink enabled:hover:bg-accent-strong aria-disabled:bg-sunken aria-disabled:text-muted aria-disabled:border aria-disabled:border-line shadow-xs aria-disabled:shadow-none",
  secondary: "border border-line bg-surface text-ink hover:bg-sunken aria-disabled:text-muted",
  quiet: "text-ink hover:bg-sunken aria-disabled:text-muted",
  danger: "bg-bad text-surface hover:opacity-90 aria-disabled:opacity-60",
};

const SIZES = { medium: "min-h-10 px-4 text-sm", large: "min-h-12 px-6 text-base" };

export function buttonClass(tone: ButtonTone, size: keyof typeof SIZES = "medium"): string {
  return `inline-flex items-center justify-center gap-2 rounded-lg font-medium transition-colors select-none aria-disabled:cursor-not-allowed ${TONES[tone]} ${SIZES[size]}`;
}

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled"> {
  tone?: ButtonTone;
  size?: keyof typeof SIZES;
  /** The action is in progress: the button shows it and ignores clicks. */
  busy?: boolean;
  /** Cannot be used now. It stays focusable, so that everyone can find out why. */
  unavailable?: boolean;
  children: ReactNode;
}

export function Button({
  tone = "secondary",
  size = "medium",
  busy = false,
  unavailable = false,
  type = "button",
  className = "",
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const inert = busy || unavailable;
  return (
    <button
      type={type}
      aria-disabled={inert || undefined}
      aria-busy={busy || undefined}
      className={`${buttonClass(tone, size)} ${className}`}
      onClick={(event) => {
        if (inert) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {busy && <Spinner className="size-4" />}
      {children}
    </button>
  );
}
