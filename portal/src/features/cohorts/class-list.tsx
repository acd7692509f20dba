import { useNow } from "@/lib/use-now";
import type { ClassTime } from "@/lib/api/types";

import { classDays } from "./model/class-times";

const DAYS_SHOWN = 7;

interface ClassListProps {
  classes: readonly ClassTime[];
  timeZone: string;
}

/** The next days with classes; the later ones are folded. */
export function ClassList({ classes, timeZone }: ClassListProps) {
  const days = classDays(classes, useNow(60_000), timeZone);
  const rest = days.slice(DAYS_SHOWN);
  if (days.length === 0) return null;
  return (
    <>
      <Days days={days.slice(0, DAYS_SHOWN)} />
      {rest.length > 0 && (
        <details className="mt-4">
          <summary className="min-h-6 text-sm font-medium text-accent">
            {rest.length === 1 ? "One more day" : `${rest.length} more days`}
          </summary>
          <div className="mt-4">
            <Days days={rest} />
          </div>
        </details>
      )}
    </>
  );
}

function Days({ days }: { days: ReturnType<typeof classDays> }) {
  return (
    <dl className="grid gap-x-6 gap-y-4 text-sm sm:grid-cols-[minmax(9rem,auto)_1fr]">
      {days.map(({ label, classes }) => (
        <div key={label} className="contents">
          <dt className="font-medium max-sm:-mb-3">{label}</dt>
          <dd>
            <ul className="space-y-1">
              {classes.map(({ key, time, title, now }) => (
                <li key={key} className="flex gap-x-4">
                  <span className="w-40 shrink-0 whitespace-nowrap text-muted tabular-nums">{time}</span>
                  <span className="min-w-0 wrap-anywhere">
                    {title}
                    {now && <span className="ml-2 font-medium text-good">now</span>}
                  </span>
                </li>
              ))}
            </ul>
          </dd>
        </div>
      ))}
    </dl>
  );
}
