import { type ReactNode, useId } from "react";

import type { Roster, RosterLine } from "@/lib/api/types";

import { countOf } from "./model/class-times";

type Outcome = RosterLine["outcome"];

/** What people must look at comes first; what stays as it is comes last, folded. */
const GROUPS: readonly { outcome: Outcome; title: (count: number) => string; open: boolean }[] = [
  { outcome: "refused", title: (count) => `${countOf(count, "line")} cannot be used`, open: true },
  { outcome: "invite", title: (count) => `${countOf(count, "person", "people")} will be invited`, open: true },
  { outcome: "join", title: (count) => `${countOf(count, "student")} with an account will join`, open: true },
  { outcome: "move", title: (count) => `${countOf(count, "student")} will move here`, open: true },
  { outcome: "invited", title: (count) => `${countOf(count, "person is", "people are")} invited already`, open: false },
  {
    outcome: "here",
    title: (count) => `${countOf(count, "student is", "students are")} in this cohort already`,
    open: false,
  },
];
const OPEN_LINES_MAX = 50;

/** What an import will do with each line of a list. */
export function RosterPreview({ name, roster, children }: { name: string; roster: Roster; children: ReactNode }) {
  const id = useId();
  const groups = GROUPS.map((group) => ({
    ...group,
    lines: roster.lines.filter((it) => it.outcome === group.outcome),
  }));
  return (
    <section aria-labelledby={id} className="rounded-xl border border-accent/40 bg-accent-soft/40 p-5">
      <div role="status">
        <h4 id={id} className="font-semibold wrap-anywhere">
          {name}: {countOf(roster.lines.length, "line")}
        </h4>
      </div>
      <div className="mt-3 space-y-2">
        {groups.map(({ outcome, title, open, lines }) => (
          <Group
            key={outcome}
            title={title(lines.length)}
            bad={outcome === "refused"}
            open={open && lines.length <= OPEN_LINES_MAX}
            lines={lines}
          />
        ))}
        {roster.missing.length > 0 && (
          <details>
            <summary className="min-h-8 py-1 text-sm font-medium">
              {countOf(roster.missing.length, "student")} of this cohort {roster.missing.length === 1 ? "is" : "are"}{" "}
              not in the list, and {roster.missing.length === 1 ? "stays" : "stay"}
            </summary>
            <ul className="mt-1 space-y-1 pl-5 text-sm">
              {roster.missing.map((student) => (
                <li key={student.id} className="wrap-anywhere">
                  {student.name} <span className="text-muted">{student.email}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {children}
    </section>
  );
}

interface GroupProps {
  title: string;
  bad: boolean;
  open: boolean;
  lines: readonly RosterLine[];
}

function Group({ title, bad, open, lines }: GroupProps) {
  if (lines.length === 0) return null;
  return (
    <details open={open}>
      <summary className={`min-h-8 py-1 text-sm font-medium ${bad ? "text-bad" : ""}`}>{title}</summary>
      <ul className="mt-1 space-y-1 pl-5 text-sm">
        {lines.map(({ number, email, name, note }) => (
          <li key={`${number} ${email}`} className="wrap-anywhere">
            {bad && <span className="text-muted tabular-nums">Line {number}: </span>}
            {name !== "" && <span>{name} </span>}
            <span className={name === "" ? "" : "text-muted"}>{email}</span>
            {note !== "" && (
              <span className={bad ? "text-bad" : "text-muted"}>
                {name === "" && email === "" ? "" : " · "}
                {note}
              </span>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
