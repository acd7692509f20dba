"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";

import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { AuthenticationNeeded } from "@/lib/allauth/client";
import { signInPath } from "@/lib/redirect";

import { useConfirmCode } from "./api";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

export function CodeForm() {
  const next = useSearchParams().get("next");
  const router = useRouter();
  const enter = useEnter();
  const confirm = useConfirmCode();
  const [recovery, setRecovery] = useState(false);

  const submit = (text: (name: string) => string) =>
    confirm.mutate(text("code").replace(/\s/g, ""), {
      onSuccess: () => enter(next),
      onError: (error) => {
        // The server has forgotten the first step (it expired, or it was in another browser): start
        // over.
        if (error instanceof AuthenticationNeeded) router.replace(signInPath(next ?? ""));
      },
    });

  return (
    <VisitorFrame
      title="Enter your code"
      intro={
        recovery
          ? "Enter one of your recovery codes. Each code works once."
          : "Open your authenticator app and enter the six digits that it shows."
      }
      footer={
        <Link href={signInPath(next ?? "")} className={linkClass}>
          Back to sign in
        </Link>
      }
    >
      <Form
        error={confirm.error instanceof AuthenticationNeeded ? null : confirm.error}
        fields={["code"]}
        busy={confirm.isPending}
        onSubmit={submit}
        className="space-y-5"
      >
        <Field
          key={String(recovery)}
          label={recovery ? "Recovery code" : "Code"}
          name="code"
          autoComplete="one-time-code"
          inputMode={recovery ? "text" : "numeric"}
          autoCapitalize="none"
          spellCheck={false}
          required
          // eslint-disable-next-line jsx-a11y/no-autofocus -- the page has one field, and people come here to type a code
          autoFocus
          className="font-mono tracking-widest"
          error={fieldError(confirm.error, "code")}
        />
        <Button type="submit" tone="primary" size="large" className="w-full" busy={confirm.isPending}>
          Continue
        </Button>
        <p className="text-center text-sm">
          <button
            type="button"
            className={linkClass}
            onClick={() => {
              setRecovery(!recovery);
              confirm.reset();
            }}
          >
            {recovery ? "Use the authenticator app instead" : "No phone? Use a recovery code"}
          </button>
        </p>
      </Form>
    </VisitorFrame>
  );
}
