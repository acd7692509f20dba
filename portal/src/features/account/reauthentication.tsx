"use client";

import { useMutation } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Field, PasswordField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { allauth, AuthenticationNeeded } from "@/lib/allauth/client";
import { ApiError } from "@/lib/api/errors";

type Run = <Result>(action: () => Promise<Result>) => Promise<Result>;

interface Question {
  flows: AuthenticationNeeded;
  onConfirmed: () => void;
  onCanceled: () => void;
}

const Reauthentication = createContext<Run | null>(null);

const canceled = () => new ApiError(0, "canceled", "Nothing was changed.");

/**
 * Runs actions that the server may allow only shortly after a confirmation of identity. When the
 * server requires one, a dialog asks for it, and then the action runs again.
 */
export function ReauthenticationProvider({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null);

  const run = useCallback<Run>(async (action) => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof AuthenticationNeeded) || !error.signedIn) throw error;
      await new Promise<void>((resolve, reject) => {
        setQuestion({ flows: error, onConfirmed: resolve, onCanceled: () => reject(canceled()) });
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
          onConfirmed={() => {
            setQuestion(null);
            question.onConfirmed();
          }}
          onClose={() => {
            setQuestion(null);
            question.onCanceled();
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
  onConfirmed,
  onClose,
}: {
  flows: AuthenticationNeeded;
  onConfirmed: () => void;
  onClose: () => void;
}) {
  const byCode = flows.offers("mfa_reauthenticate");
  const [withCode, setWithCode] = useState(!flows.offers("reauthenticate") && byCode);
  const reauthenticate = useMutation({
    mutationFn: (proof: string) =>
      withCode
        ? allauth("POST /auth/2fa/reauthenticate", { code: proof.replace(/\s/g, "") })
        : allauth("POST /auth/reauthenticate", { password: proof }),
    onSuccess: onConfirmed,
  });
  const error = reauthenticate.error;
  return (
    <Dialog title="Confirm your identity" onClose={onClose}>
      <Form
        error={error}
        fields={["password", "code"]}
        busy={reauthenticate.isPending}
        onSubmit={(text) => reauthenticate.mutate(text("proof"))}
      >
        <DialogText>This changes how somebody signs in. Please confirm that it is you.</DialogText>
        <div className="mt-4">
          {withCode ? (
            <Field
              label="Code from your authenticator app, or a recovery code"
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
            {withCode ? "Use your password instead" : "Use a code instead"}
          </Button>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={reauthenticate.isPending}>
            Confirm
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
