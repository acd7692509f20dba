"use client";

import Link from "next/link";
import type { SubmitEvent } from "react";

import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { formText } from "@/lib/form-text";

import { useRequestPasswordReset } from "./api/use-request-password-reset";
import { linkClass, VisitorFrame } from "./visitor-frame";

const BACK = (
  <Link href="/signin" className={linkClass}>
    Back to sign in
  </Link>
);

export function PasswordResetRequest() {
  const request = useRequestPasswordReset();

  if (request.isSuccess) {
    return (
      <VisitorFrame title="Check your mail" footer={BACK}>
        <p role="status" className="text-pretty">
          If there is an account for <strong className="font-medium break-words">{request.variables}</strong>, a message
          with a link to choose a new password is on its way. It may take a minute.
        </p>
        <p className="mt-4 text-sm text-muted">
          Nothing arrived? Look into the spam folder, or{" "}
          <button type="button" className={linkClass} onClick={() => request.reset()}>
            try another address
          </button>
          .
        </p>
      </VisitorFrame>
    );
  }
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    request.mutate(formText(event.currentTarget, "email").trim());
  };
  return (
    <VisitorFrame
      title="Forgot your password?"
      intro="Tell us your e-mail address and we send you a link to choose a new one."
      footer={BACK}
    >
      <form onSubmit={submit} className="space-y-5">
        <FormError error={request.error} fields={["email"]} />
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={fieldError(request.error, "email")}
        />
        <Button type="submit" tone="primary" size="large" className="w-full" busy={request.isPending}>
          Send the link
        </Button>
      </form>
    </VisitorFrame>
  );
}
