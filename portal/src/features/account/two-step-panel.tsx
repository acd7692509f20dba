"use client";

import { useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Dialog, DialogActions } from "@/components/dialog";
import { Panel, Skeleton } from "@/components/panel";
import { explain } from "@/lib/api/errors";

import { useAuthenticators } from "./api/use-authenticators";
import { useDeactivateTotp } from "./api/use-deactivate-totp";
import { RecoveryCodesSection } from "./recovery-codes";
import { TotpSetup } from "./totp-setup";

export function TwoStepPanel() {
  const authenticators = useAuthenticators();
  return (
    <Panel
      id="two-step"
      title="Two-step sign-in"
      description="Besides your password, a code from an app on your phone. A stolen password alone then opens nothing."
    >
      {authenticators.isPending ? (
        <Skeleton className="h-10 w-48" />
      ) : authenticators.isError ? (
        <Alert
          tone="warn"
          action={
            <Button busy={authenticators.isFetching} onClick={() => void authenticators.refetch()}>
              Try again
            </Button>
          }
        >
          {explain(authenticators.error)}
        </Alert>
      ) : (
        <TwoStep active={authenticators.data.some(({ type }) => type === "totp")} />
      )}
    </Panel>
  );
}

function TwoStep({ active }: { active: boolean }) {
  const [settingUp, setSettingUp] = useState(false);
  if (active) {
    return (
      <>
        <p role="status" className="text-sm font-medium text-good">
          Two-step sign-in is on.
        </p>
        {/* Still in the set-up: it has just succeeded. */}
        <RecoveryCodesSection showAtOnce={settingUp} />
        <TurnOff onAsk={() => setSettingUp(false)} />
      </>
    );
  }
  if (!settingUp) return <Button onClick={() => setSettingUp(true)}>Set up two-step sign-in</Button>;
  return <TotpSetup onCancel={() => setSettingUp(false)} />;
}

function TurnOff({ onAsk }: { onAsk: () => void }) {
  const deactivate = useDeactivateTotp();
  const [asking, setAsking] = useState(false);
  return (
    <div className="mt-6 border-t border-line pt-5">
      <Button
        tone="quiet"
        className="-ml-4"
        onClick={() => {
          onAsk();
          setAsking(true);
        }}
      >
        Turn off two-step sign-in …
      </Button>
      {asking && (
        <Dialog title="Turn off two-step sign-in?" onClose={() => setAsking(false)}>
          <p className="mt-2 text-sm text-muted">
            Your password alone will be enough to sign in, and your recovery codes stop working.
          </p>
          {deactivate.isError && (
            <p role="alert" className="mt-3 text-sm text-bad">
              {explain(deactivate.error)}
            </p>
          )}
          <DialogActions>
            <Button onClick={() => setAsking(false)}>Keep it on</Button>
            <Button tone="danger" busy={deactivate.isPending} onClick={() => deactivate.mutate()}>
              Turn off
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </div>
  );
}
