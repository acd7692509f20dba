"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Field, PasswordField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { signInPath } from "@/lib/redirect";

import { useSignIn } from "./api";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

export function SignInForm() {
  const query = useSearchParams();
  const next = query.get("next");
  const router = useRouter();
  const enter = useEnter();
  const signIn = useSignIn();

  const submit = (text: (name: string) => string) =>
    signIn.mutate(
      { email: text("email").trim(), password: text("password") },
      {
        onSuccess: (result) => {
          if (result === "signed_in") enter(next);
          if (result === "code_needed") router.push(signInPath(next ?? "", "/signin/code"));
        },
      },
    );

  return (
    <VisitorFrame
      title="Welcome back"
      intro="Sign in to open your workspace."
      footer="New here? To sign up, use the link in the invitation from your school."
    >
      <Form
        error={signIn.error}
        fields={["email", "password"]}
        busy={signIn.isPending}
        onSubmit={submit}
        className="space-y-5"
      >
        {query.get("reset") === "done" && signIn.isIdle && (
          <Alert tone="good">Your password was changed. Sign in with the new one.</Alert>
        )}
        {signIn.data === "email_unverified" && (
          <Alert tone="info" urgent>
            Confirm your email address first. Open the link in the message that we sent you, then sign in.
          </Alert>
        )}
        <Field
          label="Email"
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
      </Form>
    </VisitorFrame>
  );
}
