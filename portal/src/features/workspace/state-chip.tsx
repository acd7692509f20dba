import type { ChipTone } from "./model/card";

const TONES: Record<ChipTone, string> = {
  neutral: "bg-sunken text-muted",
  active: "bg-accent-soft text-accent",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

/** The state in one word; screen readers announce its changes. */
export function StateChip({ label, tone }: { label: string; tone: ChipTone }) {
  return (
    <p
      role="status"
      className={`inline-flex items-center gap-2 rounded-full px-3 py-1 text-sm font-medium ${TONES[tone]}`}
    >
      <span aria-hidden="true" className={`size-2 rounded-full bg-current ${tone === "active" ? "shimmer" : ""}`} />
      {label}
    </p>
  );
}
