"use client";

import { CopyIcon, LinkIcon, QrCodeIcon } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog, DialogActions } from "@/components/dialog";
import { LoadFailure } from "@/components/failure";
import { Field, SelectField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { Panel, Skeleton } from "@/components/panel";
import { QrCode } from "@/components/qr-code";
import { ApiError } from "@/lib/api/errors";
import type { CohortDetail, JoinLink } from "@/lib/api/types";
import { copyText } from "@/lib/copy-text";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useCreateJoinLink, useEndJoinLink, useJoinLinks, useReloadMembers } from "./api";
import { countOf } from "./model/class-times";

const HOURS = [
  [2, "2 hours"],
  [24, "1 day"],
  [7 * 24, "7 days"],
  [30 * 24, "30 days"],
] as const;
const PLACES = 30;

/** Links by which students join the cohort themselves. */
export function JoinLinksPanel({ cohort }: { cohort: CohortDetail }) {
  const links = useJoinLinks(cohort.id);
  const reloadMembers = useReloadMembers(cohort.id);
  const [making, setMaking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const people = links.data?.items.reduce((sum, { taken, waiting }) => sum + taken + waiting, 0);
  const before = useRef(people);
  useEffect(() => {
    if (before.current !== undefined && before.current !== people) reloadMembers();
    before.current = people;
  }, [people, reloadMembers]);
  const close = () => {
    setMaking(false);
    button.current?.focus();
  };
  return (
    <Panel id="join-links" title="Join link" description="Students open one link and join this cohort by themselves.">
      {links.isPending && <Skeleton className="h-12 w-full" />}
      {links.isError && links.data === undefined && (
        <LoadFailure query={links} error={links.error} title="Join links cannot be shown" />
      )}
      {links.data?.sends_mail === false && (
        <div className="mb-4">
          <Alert tone="warn">
            This school sends no email, so only students who already have an account can join by a link. Invite the
            others first, and hand out the links of their invitations.
          </Alert>
        </div>
      )}
      {links.data !== undefined && links.data.items.length > 0 && (
        <ul className="mb-5 divide-y divide-line border-y border-line">
          {links.data.items.map((link) => (
            <Row key={link.id} cohort={cohort} link={link} />
          ))}
        </ul>
      )}
      {links.data !== undefined && (
        <Button ref={button} aria-expanded={making} onClick={() => setMaking(!making)}>
          <LinkIcon className="size-4" />
          Create a join link
        </Button>
      )}
      {making && <NewLink cohort={cohort} onDone={close} />}
    </Panel>
  );
}

function Row({ cohort, link }: { cohort: CohortDetail; link: JoinLink }) {
  const [dialog, setDialog] = useState<"code" | "end" | null>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  const close = () => setDialog(null);
  const open = link.state === "open";
  return (
    <li className="py-3 text-sm">
      {open && (
        <a href={link.url} className="font-medium wrap-anywhere text-accent underline underline-offset-4">
          {link.url}
        </a>
      )}
      <State link={link} />
      <div className="mt-2 flex flex-wrap items-center gap-2">
        {open && (
          <>
            <Button onClick={() => void copyText(link.url).then(setCopied)}>
              <CopyIcon className="size-4" />
              Copy
            </Button>
            <Button onClick={() => setDialog("code")}>
              <QrCodeIcon className="size-4" />
              Show on a projector
            </Button>
          </>
        )}
        {link.state !== "over" && (
          <Button tone="quiet" onClick={() => setDialog("end")}>
            End …
          </Button>
        )}
        <span role="status" className="text-muted">
          {copied === true && "Copied"}
          {copied === false && "Your browser does not allow it: select the link and copy it."}
        </span>
      </div>
      {dialog === "code" && <Projector cohort={cohort} link={link} onClose={close} />}
      {dialog === "end" && <EndDialog cohort={cohort} link={link} onClose={close} />}
    </li>
  );
}

function State({ link }: { link: JoinLink }) {
  const nowMs = useNow(30_000);
  const parts = [
    `${link.taken} of ${countOf(link.places, "place")} taken`,
    ...(link.waiting > 0 ? [`${countOf(link.waiting, "person", "people")} invited by email`] : []),
    link.state === "over" ? `over since ${clock(link.ends_at, nowMs)}` : `open until ${clock(link.ends_at, nowMs)}`,
    ...(link.domains.length > 0 ? [`only ${link.domains.map((it) => `@${it}`).join(", ")}`] : []),
    `made by ${link.created_by}`,
  ];
  return (
    <p className={`mt-1 wrap-anywhere ${link.state === "full" ? "text-warn" : "text-muted"}`}>
      {link.state === "full" && "Full: "}
      {parts.join(" · ")}
    </p>
  );
}

/** Large enough for the last row. */
function Projector({ cohort, link, onClose }: { cohort: CohortDetail; link: JoinLink; onClose: () => void }) {
  return (
    <Dialog title={`Join ${cohort.name}`} wide onClose={onClose}>
      <div className="mt-4 flex flex-col items-center gap-5 text-center">
        <QrCode
          text={link.url}
          label={`QR code with the link to join ${cohort.name}`}
          className="aspect-square w-full max-w-[min(32rem,60vh)]"
        />
        <p className="text-lg font-medium wrap-anywhere select-all sm:text-2xl">{link.url}</p>
        <p role="status" className="text-lg text-muted">
          {link.taken} of {countOf(link.places, "place")} taken
        </p>
      </div>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}

function EndDialog({ cohort, link, onClose }: { cohort: CohortDetail; link: JoinLink; onClose: () => void }) {
  return (
    <ConfirmDialog
      title="End this join link?"
      action="End join link"
      mutation={useEndJoinLink(cohort.id, link.id)}
      onClose={onClose}
    >
      Nobody can join by it any more. Invitations that people asked for by this link and have not used end, too.
      Students who have joined stay.
    </ConfirmDialog>
  );
}

function NewLink({ cohort, onDone }: { cohort: CohortDetail; onDone: () => void }) {
  const create = useCreateJoinLink(cohort.id);
  const submit = (text: (name: string) => string) =>
    void create
      .mutateAsync({
        hours: Number(text("hours")),
        places: Number(text("places")),
        domains: text("domains")
          .split(/[\s,;]+/)
          .filter((it) => it !== ""),
      })
      .then(onDone, () => undefined);
  return (
    <Form
      error={create.error}
      fields={["places", "domains", ...domainFields(create.error)]}
      busy={create.isPending}
      onSubmit={submit}
      className="mt-5 space-y-4 border-t border-line pt-5"
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="Open for" name="hours" defaultValue={24}>
          {HOURS.map(([hours, words]) => (
            <option key={hours} value={hours}>
              {words}
            </option>
          ))}
        </SelectField>
        <Field
          label="Places"
          name="places"
          type="number"
          min={1}
          max={2000}
          required
          defaultValue={PLACES}
          error={fieldError(create.error, "places")}
        />
      </div>
      <Field
        label="Only for these email domains (optional)"
        name="domains"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="school.example"
        hint="Separate several with spaces. Leave it empty to let in every address."
        error={fieldError(create.error, "domains") ?? domainError(create.error)}
      />
      <div className="flex flex-wrap gap-3 max-sm:flex-col">
        <Button type="submit" tone="primary" busy={create.isPending}>
          Create
        </Button>
        <Button tone="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}

/** The API names one domain of several by its number: `domains.1`. */
function domainFields(error: Error | null): string[] {
  return error instanceof ApiError ? Object.keys(error.fields).filter((field) => field.startsWith("domains.")) : [];
}

function domainError(error: Error | null): string | undefined {
  return domainFields(error)
    .map((field) => fieldError(error, field))
    .at(0);
}
