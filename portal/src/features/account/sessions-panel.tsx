"use client";

import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import { Panel, Skeleton } from "@/components/panel";
import type { UserSession } from "@/lib/allauth/types";
import { useSignOut } from "@/lib/session/use-sign-out";
import { ago } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useEndSessions, useSessions } from "./api";
import { deviceName } from "./device-name";

export function SessionsPanel() {
  const sessions = useSessions();
  const signOut = useSignOut();
  return (
    <Panel id="sessions" title={sessions.data === null ? "This browser" : "Where you are signed in"}>
      {sessions.isPending && <Skeleton className="h-12 w-full" />}
      {sessions.data != null && <Sessions sessions={sessions.data} />}
      <Button
        className={sessions.data === null ? "" : "mt-4"}
        busy={signOut.isPending}
        onClick={() => signOut.mutate()}
      >
        Sign out of this browser
      </Button>
      <Failure error={signOut.error} />
    </Panel>
  );
}

function Sessions({ sessions }: { sessions: readonly UserSession[] }) {
  const now = useNow(30_000);
  const end = useEndSessions();
  const others = sessions.filter(({ is_current }) => !is_current);
  return (
    <>
      <ul className="divide-y divide-line">
        {sessions.map((session) => {
          const seen = new Date((session.last_seen_at ?? session.created_at) * 1000).toISOString();
          const device = deviceName(session.user_agent);
          return (
            <li key={session.id} className="flex items-center gap-4 py-3 text-sm first:pt-0">
              <div className="min-w-0 flex-1">
                <p className="font-medium">{device}</p>
                <p className="text-muted">
                  {session.is_current
                    ? "This browser"
                    : `${session.ip} · ${session.last_seen_at === undefined ? "signed in" : "active"} ${ago(seen, now)}`}
                </p>
              </div>
              {!session.is_current && (
                <Button tone="quiet" busy={end.isPending} onClick={() => end.mutate([session.id])}>
                  Sign out<span className="sr-only"> {device}</span>
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {others.length > 1 && (
        <Button
          tone="quiet"
          className="-ml-4"
          busy={end.isPending}
          onClick={() => end.mutate(others.map(({ id }) => id))}
        >
          Sign out of all other browsers
        </Button>
      )}
      <Failure error={end.error} />
    </>
  );
}
