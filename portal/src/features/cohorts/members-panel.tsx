"use client";

import { EllipsisIcon, ListPlusIcon } from "lucide-react";
import Link from "next/link";
import { useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Menu } from "@/components/menu";
import { Panel } from "@/components/panel";
import type { CohortDetail, CohortMember, Roster } from "@/lib/api/types";
import { useMayChange } from "@/lib/session/may-change";
import { useMe } from "@/lib/session/use-me";

import { AddStudents } from "./add-students";
import { ImportList } from "./import-list";
import { MoveDialog, RemoveMemberDialog } from "./member-dialogs";
import { countOf } from "./model/class-times";
import { imported } from "./model/imported";
import { PendingInvitations } from "./pending-invitations";

export function MembersPanel({ cohort }: { cohort: CohortDetail }) {
  const mayChange = useMayChange();
  const [dialog, setDialog] = useState<{ what: "move" | "remove"; member: CohortMember } | null>(null);
  const close = () => setDialog(null);
  return (
    <Panel
      id="students"
      title="Students"
      description={
        cohort.members.length === 0 ? "This cohort has no students yet." : countOf(cohort.members.length, "student")
      }
    >
      {cohort.members.length > 0 && (
        <ul className="mb-6 divide-y divide-line border-y border-line">
          {cohort.members.map((member) => (
            <li key={member.id} className="flex items-center gap-3 py-2.5 text-sm">
              <div className="min-w-0 flex-1">
                <p className="font-medium wrap-anywhere">
                  {member.name}
                  {!member.active && <span className="ml-2 font-normal text-muted">(deactivated)</span>}
                </p>
                <p className="wrap-anywhere text-muted">{member.email}</p>
                {cohort.shows_history && <HistoryLink cohortId={cohort.id} member={member} />}
              </div>
              {mayChange && (
                <Menu
                  label={`Actions for ${member.name}`}
                  button={<EllipsisIcon />}
                  buttonClassName="text-muted hover:text-ink hover:bg-sunken grid size-10 place-items-center rounded-lg"
                  entries={[
                    { label: "Move to another cohort …", onSelect: () => setDialog({ what: "move", member }) },
                    {
                      label: "Remove from this cohort …",
                      danger: true,
                      onSelect: () => setDialog({ what: "remove", member }),
                    },
                  ]}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {mayChange && (
        <>
          <AddStudents cohort={cohort} />
          <ListImport cohort={cohort} />
          <PendingInvitations cohort={cohort} />
        </>
      )}
      {dialog?.what === "move" && <MoveDialog cohort={cohort} member={dialog.member} onClose={close} />}
      {dialog?.what === "remove" && <RemoveMemberDialog cohort={cohort} member={dialog.member} onClose={close} />}
    </Panel>
  );
}

/** For those who teach: the API refuses assistants and admins. */
function HistoryLink({ cohortId, member }: { cohortId: string; member: CohortMember }) {
  if (useMe().data?.role !== "instructor") return null;
  return (
    <Link
      href={`/cohorts/${cohortId}/students/${member.id}/history`}
      aria-label={`History of their files: ${member.name}`}
      className="text-accent underline underline-offset-4"
    >
      History of their files
    </Link>
  );
}

function ListImport({ cohort }: { cohort: CohortDetail }) {
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState<Roster | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <div className="mt-5">
        <Button
          ref={button}
          aria-expanded={open}
          onClick={() => {
            setDone(null);
            setOpen(!open);
          }}
        >
          <ListPlusIcon className="size-4" />
          Import a list
        </Button>
      </div>
      {open && (
        <ImportList
          cohort={cohort}
          onImported={(roster) => {
            setDone(roster);
            close();
          }}
          onCancel={close}
        />
      )}
      {done !== null && (
        <div className="mt-4">
          <Alert tone="good" urgent>
            {imported(done)}
          </Alert>
        </div>
      )}
    </>
  );
}
