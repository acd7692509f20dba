"use client";

import { EllipsisIcon } from "lucide-react";
import { useState } from "react";

import { Alert } from "@/components/alert";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { LoadFailure } from "@/components/failure";
import { Menu } from "@/components/menu";
import { explain } from "@/lib/api/errors";
import type { CohortDetail, PendingInvitation } from "@/lib/api/types";
import { copyText } from "@/lib/copy-text";
import { ago, clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { usePendingInvitations, useRevokeInvitation, useSendAgain, useShowLink } from "./api";
import { countOf } from "./model/class-times";

const SHOWN_AT_FIRST = 20;

/** People who were invited and have not signed up: how their mail fares, and what can be done. */
export function PendingInvitations({ cohort }: { cohort: CohortDetail }) {
  const pending = usePendingInvitations(cohort.id);
  const [revoking, setRevoking] = useState<PendingInvitation | null>(null);
  const [all, setAll] = useState(false);
  const link = useShowLink(cohort.id);
  const send = useSendAgain(cohort.id);
  const nowMs = useNow(30_000);
  if (pending.isError && pending.data === undefined) {
    return (
      <div className="mt-6">
        <LoadFailure query={pending} error={pending.error} title="Invitations cannot be shown" />
      </div>
    );
  }
  const items = pending.data?.items ?? [];
  if (items.length === 0) return null;
  const waiting = items.filter(({ mail }) => mail === "waiting").length;
  const failed = items.filter(({ mail }) => mail === "failed").length;
  return (
    <section aria-labelledby="invitations" className="mt-6 border-t border-line pt-5">
      <h3 id="invitations" className="font-semibold">
        Invited, not signed up yet
      </h3>
      <p role="status" className="mt-1 text-sm text-muted">
        {countOf(items.length, "invitation")}
        {waiting > 0 && ` · ${countOf(waiting, "email")} being sent`}
        {failed > 0 && ` · ${countOf(failed, "address", "addresses")} refused`}
      </p>
      {items.some(({ mail }) => mail === "none") && (
        <p className="mt-1 text-sm text-warn">
          Nothing is emailed, because this school has no mail server. Copy the links and hand them out.
        </p>
      )}
      <ul className="mt-3 divide-y divide-line border-y border-line">
        {(all ? items : items.slice(0, SHOWN_AT_FIRST)).map((invitation) => (
          <li key={invitation.id} className="flex items-center gap-3 py-2.5 text-sm">
            <div className="min-w-0 flex-1">
              <p className="font-medium wrap-anywhere">
                {invitation.name === "" ? invitation.email : invitation.name}
                {invitation.name !== "" && (
                  <span className="block font-normal text-muted sm:ml-2 sm:inline">{invitation.email}</span>
                )}
              </p>
              <State invitation={invitation} nowMs={nowMs} />
            </div>
            <Menu
              label={`Actions for ${invitation.email}`}
              button={<EllipsisIcon />}
              buttonClassName="text-muted hover:text-ink hover:bg-sunken grid size-10 place-items-center rounded-lg"
              entries={[
                {
                  label: "Copy the link",
                  onSelect: () =>
                    void link.mutateAsync(invitation).then(
                      ({ url }) => copyText(url),
                      () => undefined,
                    ),
                },
                { label: "Send the email again", onSelect: () => send.mutate(invitation) },
                { label: "Revoke …", danger: true, onSelect: () => setRevoking(invitation) },
              ]}
            />
          </li>
        ))}
      </ul>
      {items.length > SHOWN_AT_FIRST && !all && (
        <button type="button" className="mt-2 min-h-8 text-sm font-medium text-accent" onClick={() => setAll(true)}>
          Show all {items.length}
        </button>
      )}
      <div className="mt-3 space-y-3 empty:hidden">
        {link.isSuccess && (
          <Alert tone="good" title={`The link for ${link.variables.email}`} urgent>
            It is copied where your browser allows it. Only {link.variables.email} can use it:{" "}
            <a href={link.data.url} className="font-medium wrap-anywhere text-accent underline">
              {link.data.url}
            </a>
          </Alert>
        )}
        {[link, send].map(
          ({ error, isError }, index) =>
            isError && (
              <Alert key={index} tone="bad" urgent>
                {explain(error)}
              </Alert>
            ),
        )}
      </div>
      {revoking !== null && <RevokeDialog cohort={cohort} invitation={revoking} onClose={() => setRevoking(null)} />}
    </section>
  );
}

function State({ invitation, nowMs }: { invitation: PendingInvitation; nowMs: number }) {
  const { created_at, expires_at, expired, mail, mail_problem } = invitation;
  if (expired) return <p className="text-warn">Expired. Send the email again to renew it.</p>;
  if (mail === "failed") return <p className="text-bad">{mail_problem}</p>;
  if (mail === "retried") return <p className="text-warn">{mail_problem}</p>;
  return (
    <p className="text-muted">
      {mail === "waiting" ? "The email is being sent" : `Invited ${ago(created_at, nowMs)}`} · valid until{" "}
      {clock(expires_at, nowMs)}
    </p>
  );
}

interface RevokeDialogProps {
  cohort: CohortDetail;
  invitation: PendingInvitation;
  onClose: () => void;
}

function RevokeDialog({ cohort, invitation, onClose }: RevokeDialogProps) {
  return (
    <ConfirmDialog
      title="Revoke this invitation?"
      action="Revoke invitation"
      mutation={useRevokeInvitation(cohort.id, invitation.id)}
      onClose={onClose}
    >
      The link that {invitation.email} received no longer works. You can invite them again at any time.
    </ConfirmDialog>
  );
}
