"use client";

import {
  ActivityIcon,
  ClockIcon,
  EllipsisIcon,
  FilesIcon,
  HistoryIcon,
  ExternalLinkIcon,
  PlayIcon,
  SquareIcon,
} from "lucide-react";
import Link from "next/link";
import { type ReactNode, useId, useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { Menu } from "@/components/menu";
import { useKeepFocus } from "@/components/use-keep-focus";
import { explain } from "@/lib/api/errors";
import type { Kind, Programs, Workspace, WorkspaceKind } from "@/lib/api/types";
import { useNow } from "@/lib/use-now";
import { openWorkspaceTab, type WorkspaceTab } from "@/lib/workspace-tab";

import { useAskForPrograms, useKeepRunning, useLaunch, useStop, useUndelete } from "./api/workspace-actions";
import { DeleteWorkspaceDialog, RestartDialog, StopDialog } from "./dialogs";
import { KeepRunning } from "./keep-running";
import { KindPicture } from "./kind-picture";
import { LaunchHistory, LaunchSteps } from "./launch-steps";
import { type CardView, describeCard } from "./model/card";
import { KINDS } from "./kinds";
import { Ports } from "./ports";
import { StateChip } from "./state-chip";

interface WorkspaceCardProps {
  kind: WorkspaceKind;
  workspace: Workspace | null;
  kinds: readonly Kind[];
  /** A deleted workspace that has a newer successor. */
  replaced?: boolean;
  /** What its person may set for the next launch. */
  children?: ReactNode;
}

export function WorkspaceCard({ kind, workspace, kinds, replaced = false, children }: WorkspaceCardProps) {
  // A warning counts down in seconds; everything else on the card changes each minute at most.
  const nowMs = useNow(workspace?.warned === true ? 1_000 : 10_000);
  const launch = useLaunch();
  const [tabBlocked, setTabBlocked] = useState(false);
  const view = describeCard({ workspace, kind, kinds, nowMs });
  const words = KINDS[kind];
  const card = useRef<HTMLElement>(null);
  useKeepFocus(card, view.chip.label + view.primary.label);

  const startLaunch = () => {
    // Opening a tab blocks the page, so the request is sent first. The browser still counts the tab
    // as opened by the click.
    const tab = new Promise<WorkspaceTab>((opened) => setTimeout(() => opened(openWorkspaceTab())));
    void tab.then(({ opened }) => setTabBlocked(!opened));
    launch.mutateAsync(kind).then(
      async (launched) => (await tab).goTo(launched.url),
      async () => (await tab).close(),
    );
  };

  const titleId = useId();
  return (
    <article ref={card} aria-labelledby={titleId} className="rounded-2xl border border-line bg-surface shadow-xs">
      <div className="grid md:grid-cols-[minmax(0,17rem)_1fr]">
        <div className="grid place-items-center rounded-t-2xl bg-linear-to-br from-accent-soft to-sunken p-8 max-md:hidden md:rounded-l-2xl md:rounded-tr-none">
          <KindPicture kind={kind} />
        </div>
        <div className="min-w-0 p-6 sm:p-8">
          <div className="flex items-start justify-between gap-3">
            <div className="min-w-0">
              <StateChip {...view.chip} />
              <h2 id={titleId} className="mt-3 text-xl font-semibold tracking-tight">
                {words.name}
              </h2>
              <p className="text-muted">{words.promise}</p>
            </div>
            {workspace !== null && <CardMenu workspace={workspace} view={view} />}
          </div>

          <div className="mt-5 space-y-5">
            <Failures view={view} launchError={launch.error} />
            {view.home !== null && (
              <Alert tone={view.home.urgent ? "bad" : "warn"} title={view.home.title}>
                {view.home.text}
              </Alert>
            )}
            {launch.isPending && launch.failureCount > 0 && (
              <Alert tone="info">One moment: part of the platform is restarting. Your workspace launches then.</Alert>
            )}
            {workspace !== null && view.showSteps ? (
              <LaunchSteps workspace={workspace} />
            ) : (
              <p className="text-pretty">{view.sentence}</p>
            )}
            {workspace?.state === "running" && <RunningFacts view={view} />}
            {workspace !== null && workspace.state !== "deleted" && words.hasPorts && (
              <Ports workspaceId={workspace.id} nowMs={nowMs} />
            )}
            <div className="flex flex-wrap items-center gap-3 max-sm:flex-col max-sm:items-stretch">
              <PrimaryButton
                view={view}
                workspace={workspace}
                launching={launch.isPending}
                onLaunch={startLaunch}
                describedBy={`${titleId}-why`}
              />
              {workspace !== null && <RunningActions workspace={workspace} view={view} />}
              {view.canCreateAnother && !replaced && (
                <Button tone="quiet" busy={launch.isPending} onClick={startLaunch}>
                  Create a new workspace
                  <NewTabNote />
                </Button>
              )}
            </div>
            {view.obstacle !== null && (
              <p id={`${titleId}-why`} role="status" className="flex items-start gap-2 text-sm text-pretty text-muted">
                <ClockIcon className="mt-px size-4 shrink-0" />
                {view.obstacle}
              </p>
            )}
            {tabBlocked && workspace?.state === "running" && (
              <Alert tone="info">
                Your browser blocked the new tab. Press <strong>Open Workspace</strong>. To avoid this next time, allow
                pop-ups for this site.
              </Alert>
            )}
            {workspace?.has_history === true && workspace.has_home && workspace.state !== "deleted" && (
              <p className="text-sm">
                <Link
                  href={`/history/${workspace.id}`}
                  className="inline-flex items-center gap-2 font-medium text-accent underline-offset-4 hover:underline"
                >
                  <HistoryIcon className="size-4" aria-hidden="true" />
                  Back in time: earlier versions of your files
                </Link>
              </p>
            )}
            {workspace?.files_at_rest === true && (
              <p className="text-sm">
                <Link
                  href={`/files/${workspace.id}`}
                  className="inline-flex items-center gap-2 font-medium text-accent underline-offset-4 hover:underline"
                >
                  <FilesIcon className="size-4" aria-hidden="true" />
                  Your files: look at them and download them without launching
                </Link>
              </p>
            )}
            {children}
            {workspace?.state === "running" && <LaunchHistory workspace={workspace} />}
          </div>
        </div>
      </div>
    </article>
  );
}

function Failures({ view, launchError }: { view: CardView; launchError: Error | null }) {
  if (view.failure !== null) {
    return (
      <Alert tone="bad" title={view.failureTitle} urgent>
        {view.failure}
      </Alert>
    );
  }
  return launchError === null ? null : (
    <Alert tone="bad" title="Your workspace could not be launched" urgent>
      {explain(launchError)}
    </Alert>
  );
}

function PrimaryButton({
  view,
  workspace,
  launching,
  onLaunch,
  describedBy,
}: {
  view: CardView;
  workspace: Workspace | null;
  launching: boolean;
  onLaunch: () => void;
  describedBy: string;
}) {
  const undelete = useUndelete(workspace?.id ?? "");
  const { primary } = view;
  switch (primary.action) {
    case "launch":
      return (
        <Button data-main-action tone="primary" size="large" busy={launching} onClick={onLaunch}>
          {!launching && <PlayIcon className="size-5" />}
          {primary.label}
          <NewTabNote />
        </Button>
      );
    case "open":
      return (
        <a
          data-main-action
          href={workspace?.url}
          target="_blank"
          rel="noopener"
          className={`${buttonClass("primary", "large")} hover:bg-accent-strong`}
        >
          <ExternalLinkIcon className="size-5" />
          {primary.label}
          <NewTabNote />
        </a>
      );
    case "undelete":
      return (
        <>
          <Button
            data-main-action
            tone="primary"
            size="large"
            busy={undelete.isPending}
            onClick={() => undelete.mutate()}
          >
            {primary.label}
          </Button>
          {undelete.isError && <ActionError error={undelete.error} />}
        </>
      );
    case "wait":
      return (
        <Button
          data-main-action
          tone="primary"
          size="large"
          busy={primary.busy}
          unavailable={!primary.busy}
          aria-describedby={view.obstacle === null ? undefined : describedBy}
        >
          {primary.label}
        </Button>
      );
  }
}

const NewTabNote = () => <span className="sr-only"> (opens a new tab)</span>;

function ActionError({ error }: { error: Error }) {
  return (
    <p role="alert" className="basis-full text-sm text-bad">
      {explain(error)}
    </p>
  );
}

function RunningActions({ workspace, view }: { workspace: Workspace; view: CardView }) {
  const stop = useStop(workspace.id);
  const keepRunning = useKeepRunning(workspace.id);
  const programs = useAskForPrograms(workspace.id);
  const [inTheWay, setInTheWay] = useState<readonly Programs[] | null | undefined>(undefined);
  if (!view.canStop) return null;
  const stopUnlessBusy = async () => {
    const isRunning = workspace.state === "running";
    const found = isRunning ? await programs.mutateAsync().catch(() => null) : undefined;
    if (found === undefined || (found?.known === true && found.programs.length === 0)) stop.mutate();
    else setInTheWay(found === null ? null : [found]);
  };
  return (
    <>
      {workspace.state === "running" && (
        <KeepRunning
          hours={view.keepRunningHours}
          keptUntil={view.keptUntil}
          busy={keepRunning.isPending}
          onKeep={(hours) => keepRunning.mutate(hours)}
        />
      )}
      <Button tone="quiet" busy={stop.isPending || programs.isPending} onClick={() => void stopUnlessBusy()}>
        {!stop.isPending && !programs.isPending && <SquareIcon className="size-4" />}
        Stop
      </Button>
      {inTheWay !== undefined && (
        <StopDialog workspace={workspace} found={inTheWay} onClose={() => setInTheWay(undefined)} />
      )}
      {stop.isError && <ActionError error={stop.error} />}
      {keepRunning.isError && <ActionError error={keepRunning.error} />}
    </>
  );
}

function RunningFacts({ view }: { view: CardView }) {
  if (view.activity === null && view.stop === null) return null;
  return (
    <ul className="space-y-1.5 text-sm text-muted">
      {view.activity !== null && <Fact icon={<ActivityIcon className="size-4 shrink-0" />}>{view.activity}</Fact>}
      {view.stop !== null && <Fact icon={<ClockIcon className="size-4 shrink-0" />}>{view.stop}</Fact>}
    </ul>
  );
}

function Fact({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <li className="flex items-center gap-2">
      {icon}
      {children}
    </li>
  );
}

/** Rare actions: restart and delete. */
function CardMenu({ workspace, view }: { workspace: Workspace; view: CardView }) {
  const [dialog, setDialog] = useState<"restart" | "delete" | null>(null);
  const close = () => setDialog(null);
  if (!view.canRestart && !view.canDelete) return null;
  return (
    <>
      <Menu
        label="More actions"
        button={<EllipsisIcon />}
        buttonClassName="text-muted hover:text-ink hover:bg-sunken -mt-2 -mr-2 grid size-10 place-items-center rounded-lg"
        entries={[
          ...(view.canRestart
            ? [{ label: "Restart …", hint: "Saves your work first", onSelect: () => setDialog("restart") }]
            : []),
          { label: "Delete workspace …", danger: true, onSelect: () => setDialog("delete") },
        ]}
      />
      {dialog === "restart" && <RestartDialog workspace={workspace} onClose={close} />}
      {dialog === "delete" && <DeleteWorkspaceDialog workspace={workspace} onClose={close} />}
    </>
  );
}
