"use client";

import { EllipsisIcon } from "lucide-react";
import { useState } from "react";

import { Menu } from "@/components/menu";
import { Panel } from "@/components/panel";
import type { CohortDetail, CohortMember } from "@/lib/api/types";

import { AddStudents } from "./add-students";
import { MoveDialog, RemoveMemberDialog } from "./member-dialogs";
import { countOf } from "./model/class-times";

export function MembersPanel({ cohort }: { cohort: CohortDetail }) {
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
              </div>
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
            </li>
          ))}
        </ul>
      )}
      <AddStudents cohort={cohort} />
      {dialog?.what === "move" && <MoveDialog cohort={cohort} member={dialog.member} onClose={close} />}
      {dialog?.what === "remove" && <RemoveMemberDialog cohort={cohort} member={dialog.member} onClose={close} />}
    </Panel>
  );
}
