"use client";

import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import { Field } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { Skeleton } from "@/components/panel";
import { QrCode } from "@/components/qr-code";

import { useActivateTotp, useTotpSetup } from "./api";

/** Sets up an authenticator app. Once the app is active, the panel shows that instead. */
export function TotpSetup({ onCancel }: { onCancel: () => void }) {
  const setup = useTotpSetup();
  const activate = useActivateTotp();
  if (setup.isPending) return <Skeleton className="h-48 w-full" />;
  if (setup.isError) return <Failure error={setup.error} />;
  return (
    <Form
      error={activate.error}
      fields={["code"]}
      busy={activate.isPending}
      onSubmit={(text) => activate.mutate(text("code").replace(/\s/g, ""))}
      className="rise space-y-6"
    >
      <div className="flex flex-wrap gap-6">
        <QrCode
          text={setup.data.totp_url}
          label="QR code with the key for your authenticator app"
          className="size-44"
        />
        <div className="min-w-0 flex-1 basis-56 text-sm">
          <p className="font-medium">1. Scan this code with an authenticator app</p>
          <p className="mt-1 text-muted">
            Any authenticator app works, such as Aegis, Google Authenticator or 1Password.
          </p>
          <p className="mt-4">No camera? Enter this key in the app:</p>
          <p className="mt-1.5 rounded-lg bg-sunken px-3 py-2 font-mono wrap-anywhere select-all">
            {(setup.data.secret.match(/.{1,4}/g) ?? []).join(" ")}
          </p>
        </div>
      </div>
      <div className="max-w-xs">
        <Field
          label="2. Enter the six digits that the app shows"
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          className="font-mono tracking-widest"
          error={fieldError(activate.error, "code")}
        />
      </div>
      <div className="flex flex-wrap gap-3">
        <Button type="submit" tone="primary" busy={activate.isPending}>
          Turn on
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </Form>
  );
}
