"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useRef } from "react";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { LoadFailure } from "@/components/failure";
import { explain } from "@/lib/api/errors";
import type { WorkspaceKind } from "@/lib/api/types";
import { HOME } from "@/lib/redirect";
import { useMe } from "@/lib/session/use-me";

import { useLaunch } from "./api/workspace-actions";
import { workspacesQuery } from "./api/workspace-cache";
import { LoadingCard } from "./loading-card";
import { likelyKind, ownKinds } from "./model/own-workspaces";

/** The link of a class: launches the workspace of the person who opens it, in this tab. */
export function StartPage() {
  const me = useMe();
  const workspaces = useQuery(workspacesQuery);
  const router = useRouter();
  const { mutate, error, failureCount } = useLaunch();
  const begun = useRef(false);
  const launch = useCallback(
    (kind: WorkspaceKind) => mutate(kind, { onSuccess: ({ url }) => window.location.replace(url) }),
    [mutate],
  );

  // Without former kinds, of which a person may still have a workspace that cannot be launched.
  const own =
    me.data && workspaces.data && ownKinds(me.data, workspaces.data).filter((it) => me.data.kinds.includes(it.kind));
  const kind = own && likelyKind(own, workspaces.data.kinds);
  const deleted = own?.find((it) => it.kind === kind)?.workspaces[0]?.state === "deleted";

  useEffect(() => {
    if (kind === undefined || begun.current) return;
    begun.current = true; // React runs an effect twice while it is developed
    if (deleted)
      router.replace(HOME); // its person decides: take it back, or begin a new one
    else launch(kind);
  }, [kind, deleted, launch, router]);

  const heading = <h1 className="mb-6 text-2xl font-semibold tracking-tight sm:text-3xl">Your workspace</h1>;
  const dashboard = (
    <Link href={HOME} className={buttonClass("secondary")}>
      Your dashboard
    </Link>
  );
  for (const query of [me, workspaces]) {
    if (query.isError && query.data === undefined)
      return (
        <>
          {heading}
          <LoadFailure query={query} error={query.error} title="Your workspace cannot be opened right now" />
        </>
      );
  }
  if (own !== undefined && kind === undefined) {
    return (
      <>
        {heading}
        <Alert tone="info" title="No workspace yet" action={dashboard}>
          Your account has no track, so it has no workspace. Ask your school to set your track.
        </Alert>
      </>
    );
  }
  if (error !== null) {
    return (
      <>
        {heading}
        <Alert tone="bad" title="Your workspace could not be launched" urgent action={dashboard}>
          <p>{explain(error)}</p>
          {kind !== undefined && (
            <Button className="mt-3" onClick={() => launch(kind)}>
              Try again
            </Button>
          )}
        </Alert>
      </>
    );
  }
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">Opening your workspace …</h1>
      <p role="status" className="mt-1 mb-6 text-muted">
        {failureCount > 0
          ? "One moment: part of the platform is restarting. Your workspace launches then."
          : "It opens in this tab."}
      </p>
      <LoadingCard />
    </>
  );
}
