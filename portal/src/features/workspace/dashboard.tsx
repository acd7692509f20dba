"use client";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { LoadingPanel } from "@/components/panel";
import { explain } from "@/lib/api/errors";
import type { Me, WorkspaceList } from "@/lib/api/types";
import { isStaff, trackName } from "@/lib/roles";
import { useMe } from "@/lib/session/use-me";
import { useNow } from "@/lib/use-now";

import { useLiveWorkspaces } from "./api/use-live-workspaces";
import { ownWorkspaces } from "./model/own-workspaces";
import { NewWorkspace } from "./new-workspace";
import { WarningBanner } from "./warning-banner";
import { WorkspaceCard } from "./workspace-card";

export function Dashboard() {
  const me = useMe();
  if (me.data === undefined) return <LoadingPanel label="Loading your dashboard" />;
  return (
    <>
      <Greeting me={me.data} />
      <div className="mt-6 space-y-5">
        {me.data.school.warnings.map((warning) => (
          <Alert key={warning} tone="warn">
            {warning}
          </Alert>
        ))}
        <Workspaces me={me.data} />
      </div>
    </>
  );
}

function Greeting({ me }: { me: Me }) {
  const hour = new Date(useNow(60_000)).getHours();
  const greeting = hour < 5 ? "Hello" : hour < 12 ? "Good morning" : hour < 18 ? "Good afternoon" : "Good evening";
  const firstName = me.name.split(" ")[0] ?? "";
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">
        {greeting}
        {firstName !== "" && `, ${firstName}`}
      </h1>
      <p className="mt-1 text-muted">
        {me.track != null ? trackName(me.track) : "A workspace of your own, like the ones your students have."}
      </p>
    </>
  );
}

function Workspaces({ me }: { me: Me }) {
  const workspaces = useLiveWorkspaces(me.id);
  if (workspaces.isPending) return <LoadingPanel label="Loading your workspace" />;
  return (
    <>
      {workspaces.isError && (
        <Alert
          tone="warn"
          title={
            workspaces.data === undefined
              ? "Your workspace cannot be shown at the moment"
              : "What you see may be out of date"
          }
          action={
            <Button busy={workspaces.isFetching} onClick={() => void workspaces.refetch()}>
              Try again
            </Button>
          }
        >
          {explain(workspaces.error)} {workspaces.data === undefined && "Your files are safe."}
        </Alert>
      )}
      {workspaces.data !== undefined && <Cards me={me} list={workspaces.data} />}
    </>
  );
}

function Cards({ me, list }: { me: Me; list: WorkspaceList }) {
  const own = ownWorkspaces(me, list);
  const existing = own.flatMap(({ workspace }) => (workspace === null ? [] : [workspace]));
  const missing = own.filter(({ workspace }) => workspace === null).map(({ kind }) => kind);
  if (own.length === 0) {
    return (
      <Alert tone="info" title="No workspace yet">
        Your account has no kind of workspace. Ask your school to set your track.
      </Alert>
    );
  }
  return (
    <>
      {existing.map((workspace) => (
        <WarningBanner key={workspace.id} workspace={workspace} />
      ))}
      {existing.map((workspace) => (
        <WorkspaceCard key={workspace.id} kind={workspace.kind} workspace={workspace} kinds={list.kinds} />
      ))}
      {missing.length > 0 && !(isStaff(me.role) && existing.length > 0) && (
        <NewWorkspace kinds={list.kinds} choices={missing} />
      )}
    </>
  );
}
