"use client";

import { Alert } from "@/components/alert";
import type { TimetableFeed } from "@/lib/api/types";
import { ago, clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { changeInWords } from "./model/class-times";

/** What a followed calendar's state is: when it was last read, what changed, since when it fails. */
export function FeedState({ feed, timeZone }: { feed: TimetableFeed; timeZone: string }) {
  const nowMs = useNow(60_000);
  const more = feed.changes_count - feed.changes.length;
  return (
    <div className="mt-5 space-y-4 border-t border-line pt-4 text-sm">
      {feed.broken_since !== null && (
        <Alert
          tone="warn"
          title={`The calendar cannot be read since ${clock(feed.broken_since, nowMs)}. This is the last good timetable.`}
        >
          {feed.problem} It is tried again every hour.
        </Alert>
      )}
      <p className="wrap-anywhere text-muted">
        Follows the calendar at <span className="text-ink">{feed.host}</span>, last read {ago(feed.read_at, nowMs)}
      </p>
      {feed.changed_at !== null && (
        <div>
          <p className="font-medium">Changed {clock(feed.changed_at, nowMs)}</p>
          <ul className="mt-1 space-y-1 text-muted">
            {feed.changes.map((change) => {
              const words = changeInWords(change, nowMs, timeZone);
              return (
                <li key={words} className="wrap-anywhere">
                  {words}
                </li>
              );
            })}
            {more > 0 && <li>and {more} more</li>}
          </ul>
        </div>
      )}
    </div>
  );
}
