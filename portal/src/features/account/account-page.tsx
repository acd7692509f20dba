"use client";

import { LoadingPanel, Panel } from "@/components/panel";
import type { Me } from "@/lib/api/types";
import { roleName, trackName } from "@/lib/roles";
import { useMe } from "@/lib/session/use-me";

import { DataPanel } from "./data-copy";
import { PasswordPanel } from "./password-panel";
import { ReauthenticationProvider } from "./reauthentication";
import { SessionsPanel } from "./sessions-panel";
import { TwoStepPanel } from "./two-step-panel";

export function AccountPage() {
  const me = useMe();
  return (
    <ReauthenticationProvider>
      <div className="mx-auto max-w-2xl">
        <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">Account</h1>
        <div className="mt-6 space-y-5">
          {me.data === undefined ? (
            <LoadingPanel label="Loading your account" />
          ) : (
            <>
              <Profile me={me.data} />
              {me.data.uses_password && <PasswordPanel email={me.data.email} />}
              <TwoStepPanel />
              <SessionsPanel />
              <DataPanel />
            </>
          )}
        </div>
      </div>
    </ReauthenticationProvider>
  );
}

function Profile({ me }: { me: Me }) {
  const rows = [
    ["Name", me.name],
    ["Email", me.email],
    ["School", me.school.name],
    ["Role", roleName(me.role)],
    ...(me.track == null ? [] : [["Track", trackName(me.track)]]),
  ];
  return (
    <Panel
      id="profile"
      title="Profile"
      description={
        me.role === "admin"
          ? "Your school manages these details. Another admin can change them."
          : "Your school manages these details. If something is wrong, ask an admin of your school."
      }
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-8 gap-y-2.5 text-sm">
        {rows.map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="text-muted">{term}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
