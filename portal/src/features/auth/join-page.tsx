"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { Field } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { Skeleton } from "@/components/panel";
import { ApiError, explain, isTemporary } from "@/lib/api/errors";
import type { OpenJoinLink } from "@/lib/api/types";
import { HOME, signInPath } from "@/lib/redirect";
import { trackName } from "@/lib/roles";
import { useSignOut } from "@/lib/session/use-sign-out";
import { useIsClient } from "@/lib/use-is-client";

import { useAskForInvitation, useJoin, useJoinLink } from "./api";
import { ProviderButtons } from "./provider-buttons";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

/**
 * The page is the same for every join link (next.config.ts rewrites to it), so the key comes from
 * the address bar.
 */
export function JoinPage() {
  const path = usePathname();
  const key = useIsClient() ? (path.split("/").at(-1) ?? "") : null;
  const link = useJoinLink(key);

  if (key === null || link.isPending) {
    return (
      <VisitorFrame title="Join a cohort">
        <div role="status">
          <span className="sr-only">Looking up the link</span>
          <Skeleton className="h-5 w-full" />
          <Skeleton className="mt-3 h-12 w-full" />
        </div>
      </VisitorFrame>
    );
  }
  if (link.isError) return <Closed error={link.error} busy={link.isFetching} retry={() => void link.refetch()} />;
  const { cohort, school, track, you } = link.data;
  if (you?.outcome === "here") {
    return (
      <VisitorFrame title={`You are in ${cohort}`}>
        <Link href={HOME} className={`${buttonClass("primary", "large")} w-full`}>
          Go to your workspace
        </Link>
      </VisitorFrame>
    );
  }
  return (
    <VisitorFrame title={`Join ${cohort}?`} intro={`${trackName(track)} at ${school}`}>
      {you === null ? (
        <Newcomer joinKey={key} link={link.data} />
      ) : (
        <SignedIn joinKey={key} cohort={cohort} you={you} />
      )}
    </VisitorFrame>
  );
}

/** A link that is unknown, over or full; or a server that does not answer. */
function Closed({ error, busy, retry }: { error: Error; busy: boolean; retry: () => void }) {
  const temporary = isTemporary(error);
  const title =
    error instanceof ApiError && error.reason === "join_link_full"
      ? "All places are taken"
      : temporary
        ? "We could not look up the link"
        : "This link cannot be used";
  return (
    <VisitorFrame title={title}>
      <p className="text-pretty">{explain(error)}</p>
      <div className="mt-6">
        {temporary ? (
          <Button tone="primary" busy={busy} onClick={retry}>
            Try again
          </Button>
        ) : (
          <Link href={HOME} className={buttonClass("secondary")}>
            Go to your workspace
          </Link>
        )}
      </div>
    </VisitorFrame>
  );
}

interface SignedInProps {
  joinKey: string;
  cohort: string;
  you: NonNullable<OpenJoinLink["you"]>;
}

function SignedIn({ joinKey, cohort, you }: SignedInProps) {
  const join = useJoin(joinKey);
  const enter = useEnter();
  const signOut = useSignOut(`/join/${joinKey}`);
  const refused = you.outcome === "refused";
  return (
    <div className="space-y-5">
      {refused ? (
        <Alert tone="warn" title={`You cannot join ${cohort} by this link`}>
          {you.note}
        </Alert>
      ) : (
        you.note !== "" && <Alert tone="info">{you.note} Your files and your workspace stay.</Alert>
      )}
      {join.isError && (
        <Alert tone="bad" urgent>
          {explain(join.error)}
        </Alert>
      )}
      {refused ? (
        <Link href={HOME} className={`${buttonClass("secondary", "large")} w-full`}>
          Go to your workspace
        </Link>
      ) : (
        <Button
          tone="primary"
          size="large"
          className="w-full"
          busy={join.isPending || join.isSuccess}
          onClick={() => join.mutate(undefined, { onSuccess: () => enter(null) })}
        >
          Join {cohort}
        </Button>
      )}
      <p className="text-center text-sm wrap-anywhere text-muted">
        You are signed in as {you.name}.{" "}
        <button type="button" className={linkClass} onClick={() => signOut.mutate()}>
          Not you? Sign out
        </button>
      </p>
    </div>
  );
}

function Newcomer({ joinKey, link }: { joinKey: string; link: OpenJoinLink }) {
  const ask = useAskForInvitation(joinKey);
  if (ask.isSuccess) {
    return (
      <div role="status">
        <h2 className="text-lg font-semibold">Check your email</h2>
        <p className="mt-2 text-pretty">
          We sent a link to <strong className="font-medium wrap-anywhere">{ask.variables}</strong>. Open it to continue.
          It may take a minute to arrive.
        </p>
        <p className="mt-4 text-sm text-muted">
          Nothing arrived? Check your spam folder, or{" "}
          <button type="button" className={linkClass} onClick={() => ask.reset()}>
            try another address
          </button>
          .
        </p>
      </div>
    );
  }
  return (
    <div className="space-y-6">
      <ProviderButtons next={`/join/${joinKey}`} />
      <Link href={signInPath(`/join/${joinKey}`)} className={`${buttonClass("primary", "large")} w-full`}>
        Sign in to join
      </Link>
      <section aria-labelledby="new-here" className="border-t border-line pt-5">
        <h2 id="new-here" className="font-semibold">
          No account yet?
        </h2>
        {link.sends_mail ? (
          <Form
            error={ask.error}
            fields={["email"]}
            busy={ask.isPending}
            onSubmit={(text) => ask.mutate(text("email").trim())}
            className="mt-3 space-y-4"
          >
            <Field
              label="Your email address"
              name="email"
              type="email"
              autoComplete="email"
              required
              hint={
                link.domains.length === 0
                  ? "We send you a link to create your account."
                  : `We send you a link to create your account. The address ends in ${link.domains.map((it) => `@${it}`).join(" or ")}.`
              }
              error={fieldError(ask.error, "email")}
            />
            <Button type="submit" className="min-h-11 w-full" busy={ask.isPending}>
              Send me a link
            </Button>
          </Form>
        ) : (
          <p className="mt-2 text-sm text-pretty text-muted">
            This school sends no email. Ask your instructor for an invitation, create your account with it, and open
            this link again.
          </p>
        )}
      </section>
    </div>
  );
}
