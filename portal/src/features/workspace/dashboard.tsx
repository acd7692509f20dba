"use client";

import { Fragment, useState } from "react";

import { Alert } from "@/components/alert";
import { LoadFailure } from "@/components/failure";
import { Skeleton } from "@/components/panel";
import { OwnAssignments } from "@/features/assignments/own-assignments";
import { preloadAnswer } from "@/lib/api/preload";
import type { Me, WorkspaceList } from "@/lib/api/types";
import { isStaff } from "@/lib/roles";
import { useMe } from "@/lib/session/use-me";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { useLiveWorkspaces } from "./api/use-live-workspaces";
import { HelpCall } from "./help-call";
import { KindChoice } from "./kind-choice";
import { KindGuide } from "./kind-guide";
import { Messages } from "./messages";
import { likelyKind, ownKinds } from "./model/own-workspaces";
import { OwnClassLine } from "./own-class-line";
import { SizeChoice } from "./size-choice";
import { Visitors } from "./visitors";
import { WarningBanner } from "./warning-banner";
import { LoadingCard } from "./loading-card";
import { WorkspaceCard } from "./workspace-card";

export function Dashboard() {
  preloadAnswer("/api/workspace/");
  const me = useMe();
  if (me.data === undefined) {
    return (
      <>
        <Skeleton className="h-9 w-56" />
        <Skeleton className="mt-2 h-5 w-44" />
        <div className="mt-6">
          <LoadingCard />
        </div>
      </>
    );
  }
  return (
    <>
      <Greeting me={me.data} />
      <div className="mt-6 space-y-5">
        {me.data.school.warnings.map((warning) => (
          <Alert key={warning} tone="warn">
            {warning}
          </Alert>
        ))}
        {!isStaff(me.data.role) && <Visitors />}
        {!isStaff(me.data.role) && <Messages />}
        <HelpCall me={me.data} />
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
      {isStaff(me.role) ? (
        <p className="mt-1 text-muted">Your own workspace, like those of your students.</p>
      ) : (
        <OwnClassLine track={me.track} />
      )}
    </>
  );
}

function Workspaces({ me }: { me: Me }) {
  const workspaces = useLiveWorkspaces(me.id);
  const error = useLastingError(workspaces);
  if (workspaces.data === undefined && error === null) return <LoadingCard />;
  return (
    <>
      {error !== null && (
        <LoadFailure
          query={workspaces}
          error={error}
          title={
            workspaces.data === undefined ? "Your workspace cannot be shown right now" : "This page may be out of date"
          }
        >
          {workspaces.data === undefined && "Your files are safe."}
        </LoadFailure>
      )}
      {workspaces.data !== undefined ? (
        <Cards me={me} list={workspaces.data} />
      ) : (
        me.role === "student" && <OwnAssignments />
      )}
    </>
  );
}

function Cards({ me, list }: { me: Me; list: WorkspaceList }) {
  const own = ownKinds(me, list);
  // Chosen once: the card must not change when its person stops a workspace.
  const [chosen, setChosen] = useState(() => likelyKind(own, list.kinds));
  if (own.length === 0) {
    return (
      <Alert tone="info" title="No workspace yet">
        Your account has no track, so it has no workspace. Ask your school to set your track.
      </Alert>
    );
  }
  const choosing = isStaff(me.role) && own.length > 1;
  const shown = choosing ? own.filter(({ kind }) => kind === (chosen ?? own[0]?.kind)) : own;
  const warned = own.flatMap(({ workspaces }) => workspaces.filter((workspace) => workspace.warned));
  return (
    <>
      {warned.map((workspace) => (
        <WarningBanner key={workspace.id} workspace={workspace} />
      ))}
      {list.notices.map((notice) => (
        <Alert key={notice} tone="warn">
          {notice}
        </Alert>
      ))}
      {choosing && <KindChoice choices={own} chosen={shown[0]?.kind} onChoose={setChosen} />}
      {shown.map(({ kind, workspaces: [current = null, ...replaced] }) => (
        // Keyed by kind, so that the card that launched a first workspace is the one that shows it.
        <Fragment key={kind}>
          <WorkspaceCard kind={kind} workspace={current} kinds={list.kinds}>
            {me.role === "student" && <SizeChoice workspace={current} />}
          </WorkspaceCard>
          {replaced.map((workspace) => (
            <WorkspaceCard key={workspace.id} kind={kind} workspace={workspace} kinds={list.kinds} replaced />
          ))}
          {me.role === "student" && kind === shown[0]?.kind && <OwnAssignments />}
          {current?.state !== "deleted" && <KindGuide kind={kind} personId={me.id} />}
        </Fragment>
      ))}
    </>
  );
}
