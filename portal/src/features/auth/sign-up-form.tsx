"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { type SubmitEvent, useRef } from "react";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { Field, PasswordField } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { Skeleton } from "@/components/panel";
import { useFocusFirstInvalid } from "@/components/use-focus-first-invalid";
import { explain, isTemporary } from "@/lib/api/errors";
import type { Invitation } from "@/lib/api/types";
import { roleAndTrack } from "@/lib/roles";
import { formText } from "@/lib/form-text";

import { useInvitation } from "./api/use-invitation";
import { useSignUp } from "./api/use-sign-up";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

const HAVE_ACCOUNT = (
  <>
    You have an account already?{" "}
    <Link href="/signin" className={linkClass}>
      Sign in
    </Link>
  </>
);

export function SignUp() {
  const key = useSearchParams().get("invitation");
  const invitation = useInvitation(key);

  if (key === null || key === "") {
    return (
      <VisitorFrame title="You need an invitation" footer={HAVE_ACCOUNT}>
        <p>
          Accounts are made with the link in the invitation that your school sends by e-mail. Open that link, or ask
          your instructor for an invitation.
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
        title={temporary ? "We could not look up your invitation" : "This invitation does not work any more"}
        footer={temporary ? HAVE_ACCOUNT : undefined}
      >
        <p>
          {temporary
            ? explain(invitation.error)
            : "It was used already, has expired, or the link is incomplete. If you have signed up before, just sign in; otherwise ask your instructor for a new invitation."}
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
  const form = useRef<HTMLFormElement>(null);
  useFocusFirstInvalid(form, signUp.error);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    signUp.mutate(
      {
        email: invitation.email,
        name: formText(event.currentTarget, "name").trim(),
        password: formText(event.currentTarget, "password"),
        invitation: invitationKey,
      },
      { onSuccess: (signedIn) => signedIn && enter(null) },
    );
  };

  if (signUp.data === false) {
    return (
      <VisitorFrame title="Check your mail">
        <p>We sent a message to {invitation.email}. Open the link in it, then sign in.</p>
      </VisitorFrame>
    );
  }
  return (
    <VisitorFrame
      title={`Join ${invitation.school}`}
      intro={`You are invited as ${roleAndTrack(invitation.role, invitation.track)}. Tell us your name and choose a password.`}
      footer={HAVE_ACCOUNT}
    >
      <form ref={form} onSubmit={submit} className="space-y-5">
        <FormError error={signUp.error} fields={["name", "password"]} />
        <Field
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          value={invitation.email}
          readOnly
          hint="The address your invitation was sent to."
        />
        <Field
          label="Your name"
          name="name"
          autoComplete="name"
          required
          maxLength={150}
          error={fieldError(signUp.error, "name")}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="new-password"
          required
          hint="Long is strong: three or four random words are easy to remember."
          error={fieldError(signUp.error, "password")}
        />
        {signUp.isSuccess && <Alert tone="good">Your account is ready.</Alert>}
        <Button type="submit" tone="primary" size="large" className="w-full" busy={signUp.isPending}>
          Create account
        </Button>
      </form>
    </VisitorFrame>
  );
}
