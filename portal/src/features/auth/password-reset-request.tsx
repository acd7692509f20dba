"use client";

import Link from "next/link";

import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { Form, fieldError } from "@/components/form";

import { useRequestPasswordReset } from "./api";
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
      <VisitorFrame title="Check your email" footer={BACK}>
        <p role="status" className="text-pretty">
          If <strong className="font-medium break-words">{request.variables}</strong> has an account, we have sent it a
          link for choosing a new password. The message may take a minute to arrive.
        </p>
        <p className="mt-4 text-sm text-muted">
          Nothing arrived? Check your spam folder, or{" "}
          <button type="button" className={linkClass} onClick={() => request.reset()}>
            try another address
          </button>
          .
        </p>
      </VisitorFrame>
    );
  }
  return (
    <VisitorFrame
      title="Forgot your password?"
      intro="Enter your email address. We will send you a link for choosing a new password."
      footer={BACK}
    >
      <Form
        error={request.error}
        fields={["email"]}
        busy={request.isPending}
        onSubmit={(text) => request.mutate(text("email").trim())}
        className="space-y-5"
      >
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={fieldError(request.error, "email")}
        />
        <Button type="submit" tone="primary" size="large" className="w-full" busy={request.isPending}>
          Send link
        </Button>
      </Form>
    </VisitorFrame>
  );
}
