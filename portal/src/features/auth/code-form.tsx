"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { AuthenticationNeeded } from "@/lib/allauth/client";
import { signInPath } from "@/lib/redirect";
import { formText } from "@/lib/form-text";

import { useConfirmCode } from "./api/use-confirm-code";
import { useEnter } from "./use-enter";
import { linkClass, VisitorFrame } from "./visitor-frame";

export function CodeForm() {
  const next = useSearchParams().get("next");
  const router = useRouter();
  const enter = useEnter();
  const confirm = useConfirmCode();
  const [recovery, setRecovery] = useState(false);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = formText(event.currentTarget, "code").replace(/\s/g, "");
    confirm.mutate(code, {
      onSuccess: () => enter(next),
      onError: (error) => {
        // The first step is forgotten (time passed, another browser): start over.
        if (error instanceof AuthenticationNeeded) router.replace(signInPath(next ?? ""));
      },
    });
  };

  return (
    <VisitorFrame
      title="One more step"
      intro={
        recovery
          ? "Enter one of the recovery codes that you kept. Each works once."
          : "Enter the six digits that your authenticator app shows."
      }
      footer={
        <Link href={signInPath(next ?? "")} className={linkClass}>
          Back to sign in
        </Link>
      }
    >
      <form onSubmit={submit} className="space-y-5">
        <FormError error={confirm.error instanceof AuthenticationNeeded ? null : confirm.error} fields={["code"]} />
        <Field
          key={String(recovery)}
          label={recovery ? "Recovery code" : "Code"}
          name="code"
          autoComplete="one-time-code"
          inputMode={recovery ? "text" : "numeric"}
          autoCapitalize="none"
          spellCheck={false}
          required
          // eslint-disable-next-line jsx-a11y/no-autofocus -- the page has this one field and people come to type a code
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
            {recovery ? "Use the authenticator app" : "No phone at hand? Use a recovery code"}
          </button>
        </p>
      </form>
    </VisitorFrame>
  );
}
