"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { type SubmitEvent, useRef } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Field, PasswordField } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { useFocusFirstInvalid } from "@/components/use-focus-first-invalid";
import { signInPath } from "@/lib/redirect";
import { formText } from "@/lib/form-text";

import { useSignIn } from "./api/use-sign-in";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

export function SignInForm() {
  const query = useSearchParams();
  const next = query.get("next");
  const router = useRouter();
  const enter = useEnter();
  const signIn = useSignIn();
  const form = useRef<HTMLFormElement>(null);
  useFocusFirstInvalid(form, signIn.error);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const credentials = {
      email: formText(event.currentTarget, "email").trim(),
      password: formText(event.currentTarget, "password"),
    };
    signIn.mutate(credentials, {
      onSuccess: (result) => {
        if (result === "signed_in") enter(next);
        if (result === "code_needed") router.push(signInPath(next ?? "", "/signin/code"));
      },
    });
  };

  return (
    <VisitorFrame
      title="Welcome back"
      intro="Sign in to get to your workspace."
      footer="New here? Your school sends you an invitation with a link to sign up."
    >
      <form ref={form} onSubmit={submit} className="space-y-5">
        {query.get("reset") === "done" && signIn.isIdle && (
          <Alert tone="good">Your password is changed. Sign in with the new one.</Alert>
        )}
        {query.has("expired") && signIn.isIdle && (
          <Alert tone="info">Your session has ended. Sign in and you are back where you were.</Alert>
        )}
        {signIn.data === "email_unverified" && (
          <Alert tone="info" urgent>
            Confirm your e-mail address first: open the link in the message that we sent you.
          </Alert>
        )}
        <FormError error={signIn.error} fields={["email", "password"]} />
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={fieldError(signIn.error, "email")}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          error={fieldError(signIn.error, "password")}
        />
        <Button type="submit" tone="primary" size="large" className="w-full" busy={signIn.isPending}>
          Sign in
        </Button>
        <p className="text-center text-sm">
          <Link href="/password/reset" className={linkClass}>
            Forgot your password?
          </Link>
        </p>
      </form>
    </VisitorFrame>
  );
}
