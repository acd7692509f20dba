"use client";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { PasswordField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { Panel } from "@/components/panel";

import { useChangePassword } from "./api";

export function PasswordPanel({ email }: { email: string }) {
  const change = useChangePassword();
  return (
    <Panel id="password" title="Password">
      <Form
        error={change.error}
        fields={["current_password", "new_password"]}
        busy={change.isPending}
        onSubmit={(text, form) =>
          change.mutate(
            { current_password: text("current"), new_password: text("new") },
            { onSuccess: () => form.reset() },
          )
        }
        className="space-y-4"
      >
        {/* Tells password managers which account this password belongs to. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        {change.isSuccess && <Alert tone="good">Your password was changed.</Alert>}
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
      </Form>
    </Panel>
  );
}
