"use client";

import { useQuery } from "@tanstack/react-query";

import { Alert } from "@/components/alert";
import { LoadFailure } from "@/components/failure";
import { LoadingPanel } from "@/components/panel";
import { answer, api } from "@/lib/api/client";
import type { Finding } from "@/lib/api/types";
import { ago, fullDate } from "@/lib/time";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { Mark, type MarkTone } from "./list-frame";
import { healthSummary } from "./model/health";

const POLL_MS = 15_000;
const STATES: Record<Finding["state"], { label: string; tone: MarkTone }> = {
  broken: { label: "Broken", tone: "bad" },
  look: { label: "Look at it", tone: "warn" },
  fine: { label: "Fine", tone: "good" },
};

/** What is fine, what somebody should look at, and what is broken: since when, and what to do. */
export function HealthTab() {
  const health = useQuery({
    queryKey: ["console", "health"],
    queryFn: ({ signal }) => answer(api.GET("/api/console/health/", { signal })),
    refetchInterval: POLL_MS,
  });
  const error = useLastingError(health);
  const nowMs = useNow(POLL_MS);
  const found = health.data;
  return (
    <section aria-labelledby="health" className="space-y-5">
      <h2 id="health" className="text-lg font-semibold">
        Health
      </h2>
      {error !== null && <LoadFailure query={health} error={error} title="The health cannot be shown right now" />}
      {found === undefined && error === null && <LoadingPanel label="Loading the health" />}
      {found !== undefined && (
        <>
          <Alert {...healthSummary(found.findings)}>
            {found.doctor_asked_at !== null && (
              <>
                The doctor looked at the machine {ago(found.doctor_asked_at, nowMs)}. It does so each hour, and at once
                on the server: <code className="text-[0.9em]">sudo ./apranova doctor</code>
              </>
            )}
          </Alert>
          <ul aria-labelledby="health" className="divide-y divide-line rounded-2xl border border-line bg-surface">
            {found.findings.map((finding, place) => (
              <FindingItem key={`${finding.name} ${place}`} finding={finding} nowMs={nowMs} />
            ))}
          </ul>
          {found.on_aws && (
            <p className="text-sm text-pretty text-muted">
              The certificate, backups, mail and the load balancer belong to AWS: CloudWatch has their alarms and a
              dashboard, and sends alarms to the address that the deployment names.
            </p>
          )}
        </>
      )}
    </section>
  );
}

function FindingItem({ finding, nowMs }: { finding: Finding; nowMs: number }) {
  const { label, tone } = STATES[finding.state];
  const wrong = finding.state !== "fine";
  return (
    <li className="px-4 py-3 text-sm sm:px-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-medium wrap-anywhere">{finding.name}</h3>
        <Mark tone={tone}>{label}</Mark>
        {wrong && finding.since !== null && (
          <span className="text-muted">
            {ago(finding.since, nowMs) === "just now" ? "since a moment ago" : `since ${fullDate(finding.since)}`}
          </span>
        )}
      </div>
      <p className="mt-1 text-pretty wrap-anywhere text-muted">{finding.text}</p>
      {wrong && finding.remedy !== "" && (
        <p className="mt-1 text-pretty wrap-anywhere">
          <span className="font-medium">What to do:</span> {finding.remedy}
        </p>
      )}
      {wrong && finding.guide !== null && (
        <p className="mt-1 wrap-anywhere text-muted">
          More: <code className="text-[0.9em]">{finding.guide}</code>
        </p>
      )}
    </li>
  );
}
