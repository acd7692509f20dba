"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";

import { Button, buttonClass } from "@/components/button";
import { Field, PasswordField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { Skeleton } from "@/components/panel";
import { explain, isTemporary } from "@/lib/api/errors";
import type { Invitation } from "@/lib/api/types";
import { HOME } from "@/lib/redirect";
import { roleAndTrack } from "@/lib/roles";

import { useInvitation, useSignInOptions, useSignUp } from "./api";
import { Or, ProviderButtons } from "./provider-buttons";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

const HAVE_ACCOUNT = (
  <>
    Already have an account?{" "}
    <Link href="/signin" className={linkClass}>
      Sign in
    </Link>
  </>
);

export function SignUp() {
  const key = useSearchParams().get("invitation") ?? "";
  const invitation = useInvitation(key);

  if (key === "") {
    return (
      <VisitorFrame title="You need an invitation" footer={HAVE_ACCOUNT}>
        <p>
          Your school sends you an invitation by email. Open the link in it to create your account. If you have no
          invitation, ask your instructor for one.
        </p>
      </VisitorFrame>
    );
  }
  if (invitation.isPending) {
    return (
      <VisitorFrame title="Your invitation">
        <div role="status">
          <span className="sr-only">Looking up your invitation</span>
          <Skeleton className="h-5 w-full" />
          <Skeleton className="mt-3 h-11 w-full" />
          <Skeleton className="mt-3 h-11 w-full" />
        </div>
      </VisitorFrame>
    );
  }
  if (invitation.isError) {
    const temporary = isTemporary(invitation.error);
    return (
      <VisitorFrame
        title={temporary ? "We could not look up your invitation" : "This invitation no longer works"}
        footer={temporary ? HAVE_ACCOUNT : undefined}
      >
        <p>
          {temporary
            ? explain(invitation.error)
            : "It was already used, has expired, or the link is incomplete. If you already have an account, sign in. Otherwise, ask your instructor for a new invitation."}
        </p>
        <div className="mt-6">
          {temporary ? (
            <Button tone="primary" busy={invitation.isFetching} onClick={() => void invitation.refetch()}>
              Try again
            </Button>
          ) : (
            <Link href="/signin" className={buttonClass("primary")}>
              Go to sign in
            </Link>
          )}
        </div>
      </VisitorFrame>
    );
  }
  return <SignUpForm invitationKey={key} invitation={invitation.data} />;
}

function SignUpForm({ invitationKey, invitation }: { invitationKey: string; invitation: Invitation }) {
  const enter = useEnter();
  const signUp = useSignUp();

  const submit = (text: (name: string) => string) =>
    signUp.mutate(
      { email: invitation.email, name: text("name").trim(), password: text("password"), invitation: invitationKey },
      { onSuccess: (signedIn) => signedIn && enter(null) },
    );

  const passwords = useSignInOptions().data?.passwords !== false;

  if (signUp.data === false) {
    return (
      <VisitorFrame title="Check your email">
        <p>We sent a message to {invitation.email}. Open the link in it to confirm your address, then sign in.</p>
      </VisitorFrame>
    );
  }
  return (
    <VisitorFrame
      title={`Join ${invitation.school}`}
      intro={`You are invited as ${roleAndTrack(invitation.role, invitation.track)}. ${passwords ? "Enter your name and choose a password." : `Sign in with the account of ${invitation.email}.`}`}
      footer={HAVE_ACCOUNT}
    >
      <ProviderButtons next={HOME} />
      {passwords && <OrByPassword />}
      {passwords && (
        <Form
          error={signUp.error}
          fields={["name", "password"]}
          busy={signUp.isPending}
          onSubmit={submit}
          className="space-y-5"
        >
          <Field
            label="Email"
            type="email"
            name="email"
            autoComplete="username"
            value={invitation.email}
            readOnly
            hint="Your invitation was sent to this address."
          />
          <Field
            label="Your name"
            name="name"
            autoComplete="name"
            defaultValue={invitation.name}
            required
            maxLength={150}
            error={fieldError(signUp.error, "name")}
          />
          <PasswordField
            label="Password"
            name="password"
            autoComplete="new-password"
            required
            hint="Use three or four random words: long passwords are strong and easy to remember."
            error={fieldError(signUp.error, "password")}
          />
          <Button type="submit" tone="primary" size="large" className="w-full" busy={signUp.isPending}>
            Create account
          </Button>
        </Form>
      )}
    </VisitorFrame>
  );
}

function OrByPassword() {
  const providers = useSignInOptions().data?.providers ?? [];
  return providers.length > 0 && <Or>or with a password</Or>;
}
