"use client";

import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { type SubmitEvent, useRef } from "react";

import { Button, buttonClass } from "@/components/button";
import { PasswordField } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { Skeleton } from "@/components/panel";
import { useFocusFirstInvalid } from "@/components/use-focus-first-invalid";
import { explain, isTemporary } from "@/lib/api/errors";
import { useIsClient } from "@/lib/use-is-client";
import { formText } from "@/lib/form-text";

import { useResetKey } from "./api/use-reset-key";
import { useResetPassword } from "./api/use-reset-password";
import { useEnter } from "./use-enter";
import { VisitorFrame } from "./visitor-frame";

/** The page is the same for every key (next.config.ts rewrites to it), so the key comes from the address bar. */
export function PasswordResetForm() {
  const path = usePathname();
  const key = useIsClient() ? decodeURIComponent(path.split("/").at(-1) ?? "") : null;
  const check = useResetKey(key);
  const reset = useResetPassword();
  const router = useRouter();
  const enter = useEnter();
  const form = useRef<HTMLFormElement>(null);
  useFocusFirstInvalid(form, reset.error);

  const keyRefused = fieldError(reset.error, "key") !== undefined;
  if (check.isPending) {
    return (
      <VisitorFrame title="Choose a new password">
        <div role="status">
          <span className="sr-only">Checking the link</span>
          <Skeleton className="h-11 w-full" />
          <Skeleton className="mt-5 h-12 w-full" />
        </div>
      </VisitorFrame>
    );
  }
  if (check.isError || keyRefused) {
    const temporary = !keyRefused && isTemporary(check.error);
    return (
      <VisitorFrame title={temporary ? "We could not check your link" : "This link does not work any more"}>
        <p className="text-pretty">
          {temporary
            ? explain(check.error)
            : "Links to choose a new password work once and for a limited time. Ask for a new one; it takes a minute."}
        </p>
        <div className="mt-6">
          {temporary ? (
            <Button tone="primary" busy={check.isFetching} onClick={() => void check.refetch()}>
              Try again
            </Button>
          ) : (
            <Link href="/password/reset" className={buttonClass("primary")}>
              Send me a new link
            </Link>
          )}
        </div>
      </VisitorFrame>
    );
  }
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = formText(event.currentTarget, "password");
    reset.mutate(
      { key: key ?? "", password },
      {
        onSuccess: (signedIn) => {
          if (signedIn) enter(null);
          else router.replace("/signin?reset=done");
        },
      },
    );
  };
  return (
    <VisitorFrame title="Choose a new password">
      <form ref={form} onSubmit={submit} className="space-y-5">
        <FormError error={reset.error} fields={["password"]} />
        <PasswordField
          label="New password"
          name="password"
          autoComplete="new-password"
          required
          hint="Long is strong: three or four random words are easy to remember."
          error={fieldError(reset.error, "password")}
        />
        <Button type="submit" tone="primary" size="large" className="w-full" busy={reset.isPending}>
          Save the new password
        </Button>
      </form>
    </VisitorFrame>
  );
}
