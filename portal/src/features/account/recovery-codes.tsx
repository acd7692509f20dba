"use client";

import { useEffect, useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import type { RecoveryCodes } from "@/lib/allauth/types";

import { useRenewRecoveryCodes, useViewRecoveryCodes } from "./api";

/** Codes for signing in without the phone. Right after the setup they are shown at once. */
export function RecoveryCodesSection({ showAtOnce }: { showAtOnce: boolean }) {
  const view = useViewRecoveryCodes();
  const renew = useRenewRecoveryCodes();
  const codes = renew.data ?? view.data;
  const shown = useRef(false);
  const { mutate: showCodes } = view;
  useEffect(() => {
    if (!showAtOnce || shown.current) return;
    shown.current = true;
    showCodes();
  }, [showAtOnce, showCodes]);

  return (
    <div className="mt-5">
      <h3 className="font-medium">Recovery codes</h3>
      <p className="mt-1 text-sm text-pretty text-muted">
        Each code signs you in once without your phone. Keep them in a place that you can reach without it.
      </p>
      <Failure error={renew.error ?? view.error} />
      {codes !== undefined && <Codes codes={codes} />}
      <div className="mt-4 flex flex-wrap gap-3">
        {codes?.unused_codes === undefined && (
          <Button busy={view.isPending} onClick={() => view.mutate()}>
            Show recovery codes
          </Button>
        )}
        <Button tone="quiet" busy={renew.isPending} onClick={() => renew.mutate()}>
          Create new codes
        </Button>
      </div>
    </div>
  );
}

function Codes({ codes }: { codes: RecoveryCodes }) {
  const [copied, setCopied] = useState(false);
  const list = codes.unused_codes;
  if (list === undefined) {
    return (
      <div className="mt-3">
        <Alert tone="info">
          Your codes were already shown and cannot be shown again. {codes.unused_code_count} of {codes.total_code_count}{" "}
          are unused. If you no longer have them, create new codes. The old ones then stop working.
        </Alert>
      </div>
    );
  }
  const text = list.join("\n");
  const download = () => {
    const url = URL.createObjectURL(new Blob([`ApraNova recovery codes\n\n${text}\n`], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "apranova-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div className="rise mt-3">
      <Alert tone="warn">Save these codes now. They are not shown again.</Alert>
      <ul className="mt-3 grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-xl bg-sunken p-4 font-mono text-sm">
        {list.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-3 flex flex-wrap gap-3">
        <Button onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>Copy</Button>
        <Button onClick={download}>Download</Button>
        <p role="status" className="self-center text-sm text-good">
          {copied && "Copied."}
        </p>
      </div>
    </div>
  );
}
