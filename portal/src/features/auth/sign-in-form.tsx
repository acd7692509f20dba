"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Field, PasswordField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { Skeleton } from "@/components/panel";
import { safeNext, signInPath } from "@/lib/redirect";

import { type SignInResult, useReturned, useSignIn, useSignInOptions } from "./api";
import { PlatformNote } from "./platform-note";
import { Or, ProviderButtons } from "./provider-buttons";
import { providerError } from "./provider-errors";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

export function SignInForm() {
  const query = useSearchParams();
  const next = query.get("next");
  const returned = query.get("returned") !== null;
  const error = query.get("error");
  const options = useSignInOptions();
  const [wantsPassword, setWantsPassword] = useState(false);
  if (returned && error === null) return <Returned next={next} />;
  const providers = options.data?.providers ?? [];
  const passwords = options.data?.passwords !== false;
  const onlyPlatform = !passwords && providers.length === 0;
  return (
    <VisitorFrame
      title="Welcome back"
      intro={onlyPlatform ? <PlatformNote only /> : "Sign in to open your workspace."}
      footer="New here? To sign up, use the link in the invitation from your school."
    >
      {error !== null && (
        <div className="mb-5">
          <Alert tone="warn" urgent>
            {providerError(error)}
          </Alert>
        </div>
      )}
      <ProviderButtons next={safeNext(next)} />
      {passwords && providers.length > 0 && <Or>or with your password</Or>}
      {passwords || wantsPassword ? (
        <div className={passwords ? "" : "mt-6"}>
          <PasswordForm next={next} />
        </div>
      ) : (
        <p className="mt-6 text-center text-sm">
          <button type="button" className={linkClass} onClick={() => setWantsPassword(true)}>
            Administrator? Use a password
          </button>
        </p>
      )}
      {!onlyPlatform && <PlatformNote />}
    </VisitorFrame>
  );
}

/** Back from the school's own sign-in: enters, or asks for the second step. */
function Returned({ next }: { next: string | null }) {
  const result = useReturned();
  const enter = useEnter();
  const router = useRouter();
  useEffect(() => {
    if (result.data === "signed_in") enter(next);
    if (result.data === "code_needed") router.replace(signInPath(next ?? "", "/signin/code"));
    if (result.data === "signed_out" || result.isError) router.replace("/signin?returned=yes&error=unknown");
  }, [result.data, result.isError, enter, next, router]);
  return (
    <VisitorFrame title="Signing you in">
      <div role="status">
        <span className="sr-only">One moment</span>
        <Skeleton className="h-12 w-full" />
      </div>
    </VisitorFrame>
  );
}

function PasswordForm({ next }: { next: string | null }) {
  const query = useSearchParams();
  const router = useRouter();
  const enter = useEnter();
  const signIn = useSignIn();
  const enterOrAsk = (result: SignInResult) => {
    if (result === "signed_in") enter(next);
    if (result === "code_needed") router.push(signInPath(next ?? "", "/signin/code"));
  };
  return (
    <Form
      error={signIn.error}
      fields={["email", "password"]}
      busy={signIn.isPending}
      onSubmit={(text) =>
        signIn.mutate({ email: text("email").trim(), password: text("password") }, { onSuccess: enterOrAsk })
      }
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
  );
}
