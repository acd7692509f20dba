"use client";

import { useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { SelectField, TextAreaField } from "@/components/field";
import { LoadFailure } from "@/components/failure";
import { fieldError, Form } from "@/components/form";
import { LoadingPanel, Panel } from "@/components/panel";
import { useAllAnnouncements, useAnnounce, useEndAnnouncement } from "@/features/announcements/api";
import { useCohorts } from "@/features/cohorts/api";
import type { Announcement } from "@/lib/api/types";
import { fullDate } from "@/lib/time";
import { useLastingError } from "@/lib/use-lasting-error";

/** As much as fits a notice of VS Code. */
const TEXT_MAX = 400;
const HOURS = [
  [1, "1 hour"],
  [4, "4 hours"],
  [24, "1 day"],
  [7 * 24, "7 days"],
  [30 * 24, "30 days"],
] as const;
const HOURS_FIRST = 24;

/** A few lines above each page, for everybody or one cohort. */
export function AnnouncementsTab() {
  return (
    <div className="space-y-5">
      <NewAnnouncement />
      <Shown />
    </div>
  );
}

function NewAnnouncement() {
  const announce = useAnnounce();
  const cohorts = useCohorts();
  const [sent, setSent] = useState(0);
  const submit = async (text: string, hours: number, cohort: string) => {
    await announce.mutateAsync({ text, hours, cohort_id: cohort === "" ? null : cohort });
    setSent(sent + 1); // a new form, which is empty
  };
  return (
    <Panel
      id="announce"
      title="Announce something"
      description="It stands above each page until its end. Workspaces that run show it once. Only text: links are not clickable."
    >
      <Form
        key={sent}
        error={announce.error}
        fields={["text"]}
        busy={announce.isPending}
        onSubmit={(value) => void submit(value("text"), Number(value("hours")), value("cohort")).catch(() => undefined)}
        className="space-y-4"
      >
        <TextAreaField
          label="Announcement"
          name="text"
          rows={3}
          required
          maxLength={TEXT_MAX}
          error={fieldError(announce.error, "text")}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField label="For" name="cohort" defaultValue="">
            <option value="">Everybody</option>
            {cohorts.data?.items.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
          <SelectField label="Ends after" name="hours" defaultValue={HOURS_FIRST}>
            {HOURS.map(([hours, words]) => (
              <option key={hours} value={hours}>
                {words}
              </option>
            ))}
          </SelectField>
        </div>
        <Button type="submit" tone="primary" busy={announce.isPending}>
          Announce
        </Button>
      </Form>
      {sent > 0 && !announce.isPending && announce.error === null && (
        <div className="mt-4">
          <Alert tone="good" urgent>
            It is announced.
          </Alert>
        </div>
      )}
    </Panel>
  );
}

function Shown() {
  const all = useAllAnnouncements();
  const error = useLastingError(all);
  const items = all.data?.items;
  return (
    <Panel id="announced" title="Shown now" description={items?.length === 0 ? "Nothing is announced." : ""}>
      {error !== null && <LoadFailure query={all} error={error} title="Announcements cannot be shown right now" />}
      {items === undefined && error === null && <LoadingPanel label="Loading the announcements" />}
      {items !== undefined && items.length > 0 && (
        <ul aria-labelledby="announced" className="divide-y divide-line border-y border-line">
          {items.map((announcement) => (
            <Item key={announcement.id} announcement={announcement} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Item({ announcement: { id, text, cohort, sender, ends_at } }: { announcement: Announcement }) {
  const [ending, setEnding] = useState(false);
  const end = useEndAnnouncement(id);
  return (
    <li className="flex flex-wrap items-start gap-3 py-3 text-sm">
      <div className="min-w-0 flex-1 basis-60">
        <p className="wrap-anywhere whitespace-pre-line">{text}</p>
        <p className="mt-0.5 wrap-anywhere text-muted">
          For {cohort ?? "everybody"}, by {sender}. Ends <time dateTime={ends_at}>{fullDate(ends_at)}</time>.
        </p>
      </div>
      <Button onClick={() => setEnding(true)}>
        End now … <span className="sr-only">{text.slice(0, 40)}</span>
      </Button>
      {ending && (
        <ConfirmDialog
          title="End this announcement?"
          action="End it"
          tone="danger"
          mutation={end}
          onClose={() => setEnding(false)}
        >
          Nobody sees it any more. You cannot bring it back, but you can announce it again.
        </ConfirmDialog>
      )}
    </li>
  );
}
