"use client";

import { useState } from "react";

import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { LoadFailure } from "@/components/failure";
import { Panel, Skeleton } from "@/components/panel";

import { useAuthenticators, useDeactivateTotp } from "./api";
import { RecoveryCodesSection } from "./recovery-codes";
import { TotpSetup } from "./totp-setup";

export function TwoStepPanel() {
  const authenticators = useAuthenticators();
  return (
    <Panel
      id="two-step"
      title="Two-step sign-in"
      description="Signing in then also requires a code from an app on your phone, so a stolen password is not enough."
    >
      {authenticators.isPending ? (
        <Skeleton className="h-10 w-48" />
      ) : authenticators.isError ? (
        <LoadFailure
          query={authenticators}
          error={authenticators.error}
          title="Two-step sign-in cannot be shown right now"
        />
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
        {/* `settingUp` is still true: the setup has just succeeded. */}
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
        <ConfirmDialog
          title="Turn off two-step sign-in?"
          action="Turn off"
          mutation={deactivate}
          onClose={() => setAsking(false)}
        >
          Your password alone will be enough to sign in, and your recovery codes stop working.
        </ConfirmDialog>
      )}
    </div>
  );
}
