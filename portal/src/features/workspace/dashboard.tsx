"use client";

import { useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { LoadingPanel } from "@/components/panel";
import { explain } from "@/lib/api/errors";
import type { Me, WorkspaceKind, WorkspaceList } from "@/lib/api/types";
import { trackName } from "@/lib/roles";
import { useMe } from "@/lib/session/use-me";
import { useNow } from "@/lib/use-now";

import { useLiveWorkspaces } from "./api/use-live-workspaces";
import { KindChoice } from "./kind-choice";
import { kindObstacle } from "./model/kinds";
import { ownWorkspaces } from "./model/own-workspaces";
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
  // Who may have several kinds and has none yet chooses first; the others see what they may have.
  const choices = existing.length === 0 && own.length > 1 ? own.map(({ kind }) => kind) : [];
  const [chosen, setChosen] = useState<WorkspaceKind | null>(null);
  const choice = chosen ?? choices.find((kind) => kindObstacle(kind, list.kinds) === null) ?? choices[0];
  const choosing = choices.length > 0 && choice !== undefined;
  const shown = choosing ? own.filter(({ kind }) => kind === choice) : own;
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
      {choosing && <KindChoice choices={choices} chosen={choice} onChoose={setChosen} />}
      {shown.map(({ kind, workspace }) => (
        // Keyed by kind, so that the card that launched a first workspace is the one that shows it.
        <WorkspaceCard key={kind} kind={kind} workspace={workspace} kinds={list.kinds} />
      ))}
    </>
  );
}
