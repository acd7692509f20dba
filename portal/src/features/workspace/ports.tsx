"use client";

import { GlobeIcon, Share2Icon, UsersIcon } from "lucide-react";
import { useState } from "react";

import { buttonClass } from "@/components/button";
import type { Port, Share, ShareList } from "@/lib/api/types";
import { clock } from "@/lib/time";

import { usePorts } from "./api/use-ports";
import { useShares } from "./api/use-shares";
import { AUDIENCES, ShareDialog } from "./share-dialog";

interface PortsProps {
  workspaceId: string;
  nowMs: number;
}

/** What the student's own programs serve now, and what others may open of it. */
export function Ports({ workspaceId, nowMs }: PortsProps) {
  const listening = usePorts(workspaceId);
  const list = useShares(workspaceId);
  const shares = (list?.shares ?? []).filter(({ ends_at }) => Date.parse(ends_at) > nowMs);
  const ports = [...new Set([...listening, ...shares].map(({ port }) => port))].sort((a, b) => a - b);
  if (ports.length === 0) return null;
  return (
    <section aria-label="Your apps" className="text-sm">
      <p className="flex items-center gap-2 text-muted">
        <GlobeIcon className="size-4 shrink-0" />
        Your apps. Only you can open them, unless you share one.
      </p>
      <ul className="mt-2 space-y-2">
        {ports.map((port) => (
          <PortRow
            key={port}
            workspaceId={workspaceId}
            port={port}
            listens={listening.find((each) => each.port === port)}
            share={shares.find((each) => each.port === port)}
            list={list}
            nowMs={nowMs}
          />
        ))}
      </ul>
    </section>
  );
}

interface PortRowProps {
  workspaceId: string;
  port: number;
  listens: Port | undefined;
  share: Share | undefined;
  list: ShareList | undefined;
  nowMs: number;
}

function PortRow({ workspaceId, port, listens, share, list, nowMs }: PortRowProps) {
  const [open, setOpen] = useState(false);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1">
      {listens === undefined ? (
        <span className="py-2 tabular-nums">Port {port} does not run now</span>
      ) : (
        <a
          href={listens.url}
          target="_blank"
          rel="noopener"
          className={`${buttonClass("secondary")} tabular-nums hover:bg-sunken`}
        >
          Port {port}
          <span className="sr-only"> (opens a new tab)</span>
        </a>
      )}
      {list !== undefined && (
        <button
          type="button"
          aria-haspopup="dialog"
          aria-label={share === undefined ? `Share port ${port} …` : `Sharing of port ${port} …`}
          onClick={() => setOpen(true)}
          className={`${buttonClass("quiet")} px-3`}
        >
          {share === undefined ? <Share2Icon className="size-4" /> : <UsersIcon className="size-4" />}
          {share === undefined ? "Share …" : "Sharing …"}
        </button>
      )}
      {share !== undefined && (
        <span className="text-muted">
          {AUDIENCES[share.audience].shared} until {clock(share.ends_at, nowMs)}
        </span>
      )}
      {open && list !== undefined && (
        <ShareDialog
          workspaceId={workspaceId}
          port={port}
          share={share}
          audiences={list.audiences}
          nowMs={nowMs}
          onClose={() => setOpen(false)}
        />
      )}
    </li>
  );
}
