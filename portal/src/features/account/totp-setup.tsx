"use client";

import type { SubmitEvent } from "react";
import { encode } from "uqr";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { Skeleton } from "@/components/panel";
import { explain } from "@/lib/api/errors";
import { formText } from "@/lib/form-text";

import { useActivateTotp } from "./api/use-activate-totp";
import { useTotpSetup } from "./api/use-totp-setup";

/** Ends by itself: once the app is active, the panel shows that instead. */
export function TotpSetup({ onCancel }: { onCancel: () => void }) {
  const setup = useTotpSetup();
  const activate = useActivateTotp();
  if (setup.isPending) return <Skeleton className="h-48 w-full" />;
  if (setup.isError) {
    return (
      <Alert tone="bad" urgent>
        {explain(setup.error)}
      </Alert>
    );
  }
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = formText(event.currentTarget, "code").replace(/\s/g, "");
    activate.mutate(code);
  };
  return (
    <form onSubmit={submit} className="rise space-y-6">
      <div className="flex flex-wrap gap-6">
        <QrCode text={setup.data.totp_url} />
        <div className="min-w-0 flex-1 basis-56 text-sm">
          <p className="font-medium">1. Scan this with an authenticator app</p>
          <p className="mt-1 text-muted">
            Any of them will do: Aegis, Google Authenticator, 1Password, your phone’s own …
          </p>
          <p className="mt-4">No camera? Type this key into the app:</p>
          <p className="mt-1.5 rounded-lg bg-sunken px-3 py-2 font-mono wrap-anywhere select-all">
            {(setup.data.secret.match(/.{1,4}/g) ?? []).join(" ")}
          </p>
        </div>
      </div>
      <FormError error={activate.error} fields={["code"]} />
      <div className="max-w-xs">
        <Field
          label="2. Enter the six digits it shows"
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
    </form>
  );
}

/** Drawn as one path, black on white in both themes: scanners want dark on light and a quiet border. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 3 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR code with the key for your authenticator app"
      shapeRendering="crispEdges"
      className="size-44 rounded-xl border border-line bg-white"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
