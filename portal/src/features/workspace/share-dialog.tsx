"use client";

import { CheckIcon, CopyIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { Field, SelectField } from "@/components/field";
import { Form } from "@/components/form";
import type { Audience, Share } from "@/lib/api/types";
import { clock, duration } from "@/lib/time";

import { useEndShare, useSharePort } from "./api/use-shares";

export const AUDIENCES: Record<Audience, { choice: string; shared: string }> = {
  cohort: { choice: "My cohort, students and instructors", shared: "Shared with your cohort" },
  signed_in: { choice: "Everybody at this school who is signed in", shared: "Shared with the school" },
  anyone: { choice: "Anyone who has the link, without an account", shared: "Shared with anyone who has the link" },
};

const HOURS = [1, 4, 24, 72, 168];
const HOURS_USUAL = 24;

interface ShareDialogProps {
  workspaceId: string;
  port: number;
  share: Share | undefined;
  audiences: readonly Audience[];
  nowMs: number;
  onClose: () => void;
}

/** Who may open what a port serves, and until when. After sharing it stays, with the link. */
export function ShareDialog({ workspaceId, port, share, audiences, nowMs, onClose }: ShareDialogProps) {
  const save = useSharePort(workspaceId, port);
  const end = useEndShare(workspaceId, port);
  const busy = save.isPending || end.isPending;
  return (
    <Dialog title={`Share port ${port}`} onClose={onClose}>
      <DialogText>
        Others then see your app, never your files or the editor. They cannot start your workspace, and their visits do
        not keep it running.
      </DialogText>
      {share !== undefined && <Link share={share} nowMs={nowMs} />}
      <Failure error={end.error} />
      <Form
        className="mt-4 space-y-4"
        error={save.error}
        busy={busy}
        onSubmit={(text) => save.mutate({ audience: text("audience") as Audience, hours: Number(text("hours")) })}
      >
        <Choices audiences={audiences} chosen={share?.audience} />
        <SelectField label="Ends by itself after" name="hours" defaultValue={HOURS_USUAL}>
          {HOURS.map((hours) => (
            <option key={hours} value={hours}>
              {duration(hours * 3600)}
            </option>
          ))}
        </SelectField>
        <DialogActions>
          {share !== undefined && (
            <Button tone="danger" className="sm:mr-auto" busy={end.isPending} onClick={() => end.mutate()}>
              Stop sharing
            </Button>
          )}
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" tone="primary" busy={save.isPending}>
            {share === undefined ? "Share" : "Change"}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}

function Choices({ audiences, chosen }: { audiences: readonly Audience[]; chosen: Audience | undefined }) {
  const offered = chosen === undefined || audiences.includes(chosen) ? audiences : [...audiences, chosen];
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">Who may open it</legend>
      {offered.map((audience, index) => (
        <label key={audience} className="flex min-h-10 items-center gap-3 text-sm">
          <input
            type="radio"
            name="audience"
            value={audience}
            defaultChecked={chosen === undefined ? index === 0 : audience === chosen}
            className="size-4 accent-accent"
          />
          {AUDIENCES[audience].choice}
        </label>
      ))}
    </fieldset>
  );
}

function Link({ share, nowMs }: { share: Share; nowMs: number }) {
  const [copied, setCopied] = useState(false);
  // Without HTTPS, a host other than localhost has no clipboard; the link can still be selected.
  const clipboard = "clipboard" in navigator ? navigator.clipboard : null;
  return (
    <div className="mt-4 rounded-lg bg-sunken p-4">
      <p role="status" className="mb-3 text-sm font-medium">
        {AUDIENCES[share.audience].shared} until {clock(share.ends_at, nowMs)}.
      </p>
      <Field label="Link" value={share.url} readOnly onFocus={(event) => event.currentTarget.select()} />
      {clipboard !== null && (
        <Button className="mt-3" onClick={() => void clipboard.writeText(share.url).then(() => setCopied(true))}>
          {copied ? <CheckIcon className="size-4" /> : <CopyIcon className="size-4" />}
          {copied ? "Copied" : "Copy link"}
        </Button>
      )}
    </div>
  );
}
