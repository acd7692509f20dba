"use client";

import { type SubmitEvent, useRef } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { PasswordField } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { Panel } from "@/components/panel";
import { useFocusFirstInvalid } from "@/components/use-focus-first-invalid";
import { formText } from "@/lib/form-text";

import { useChangePassword } from "./api/use-change-password";

export function PasswordPanel({ email }: { email: string }) {
  const change = useChangePassword();
  const form = useRef<HTMLFormElement>(null);
  useFocusFirstInvalid(form, change.error);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(
      {
        current_password: formText(event.currentTarget, "current"),
        new_password: formText(event.currentTarget, "new"),
      },
      { onSuccess: () => form.current?.reset() },
    );
  };
  return (
    <Panel id="password" title="Password">
      <form ref={form} onSubmit={submit} className="space-y-4">
        {/* Tells password managers whose password this is. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <FormError error={change.error} fields={["current_password", "new_password"]} />
        {change.isSuccess && <Alert tone="good">Your password is changed.</Alert>}
        <PasswordField
          label="Current password"
          name="current"
          autoComplete="current-password"
          required
          error={fieldError(change.error, "current_password")}
        />
        <PasswordField
          label="New password"
          name="new"
          autoComplete="new-password"
          required
          error={fieldError(change.error, "new_password")}
        />
        <Button type="submit" busy={change.isPending}>
          Change password
        </Button>
      </form>
    </Panel>
  );
}
