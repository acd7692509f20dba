"use client";

import { createContext, type ReactNode, type SubmitEvent, useCallback, useContext, useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Field, PasswordField } from "@/components/field";
import { FormError, fieldError } from "@/components/form-error";
import { AuthenticationNeeded } from "@/lib/allauth/client";
import { ApiError } from "@/lib/api/errors";
import { formText } from "@/lib/form-text";

import { useReauthenticate } from "./api/use-reauthenticate";

type Run = <Result>(action: () => Promise<Result>) => Promise<Result>;

interface Question {
  flows: AuthenticationNeeded;
  onProven: () => void;
  onRefused: () => void;
}

const Reauthentication = createContext<Run | null>(null);

export const cancelled = () => new ApiError(0, "cancelled", "Nothing was changed.");

/**
 * Runs actions that the server may allow only right after a proof of identity: when it asks for one, a dialog does, and
 * then the action runs again.
 */
export function ReauthenticationProvider({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null);

  const run = useCallback<Run>(async (action) => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof AuthenticationNeeded) || !error.signedIn) throw error;
      await new Promise<void>((resolve, reject) => {
        setQuestion({ flows: error, onProven: resolve, onRefused: () => reject(cancelled()) });
      });
      return await action();
    }
  }, []);

  return (
    <Reauthentication value={run}>
      {children}
      {question !== null && (
        <ReauthenticationDialog
          flows={question.flows}
          onProven={() => {
            setQuestion(null);
            question.onProven();
          }}
          onClose={() => {
            setQuestion(null);
            question.onRefused();
          }}
        />
      )}
    </Reauthentication>
  );
}

export function useReauthentication(): Run {
  const run = useContext(Reauthentication);
  if (run === null) throw new Error("useReauthentication needs a ReauthenticationProvider above it");
  return run;
}

function ReauthenticationDialog({
  flows,
  onProven,
  onClose,
}: {
  flows: AuthenticationNeeded;
  onProven: () => void;
  onClose: () => void;
}) {
  const reauthenticate = useReauthenticate();
  const byCode = flows.offers("mfa_reauthenticate");
  const [withCode, setWithCode] = useState(!flows.offers("reauthenticate") && byCode);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const proof = formText(event.currentTarget, "proof");
    reauthenticate.mutate(withCode ? { code: proof.replace(/\s/g, "") } : { password: proof }, { onSuccess: onProven });
  };
  const error = reauthenticate.error;
  return (
    <Dialog title="Is it really you?" onClose={onClose}>
      <form onSubmit={submit}>
        <p className="mt-2 mb-5 text-sm text-muted">
          Your security settings are about to change. Please confirm that it is you.
        </p>
        <FormError error={error} fields={["password", "code"]} />
        <div className="mt-4">
          {withCode ? (
            <Field
              label="Code of your authenticator app, or a recovery code"
              name="proof"
              autoComplete="one-time-code"
              required
              className="font-mono tracking-widest"
              error={fieldError(error, "code")}
            />
          ) : (
            <PasswordField
              label="Password"
              name="proof"
              autoComplete="current-password"
              required
              error={fieldError(error, "password")}
            />
          )}
        </div>
        {byCode && flows.offers("reauthenticate") && (
          <Button tone="quiet" className="mt-2 -ml-4" onClick={() => setWithCode(!withCode)}>
            {withCode ? "Use the password" : "Use a code instead"}
          </Button>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={reauthenticate.isPending}>
            Confirm
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
