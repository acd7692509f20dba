import type { ReactNode } from "react";

import type { WorkspaceKind } from "@/lib/api/types";

const PICTURES: Record<WorkspaceKind, ReactNode> = { vscode: <Editor />, superset: <Charts /> };

/** A drawing of a workspace of this kind. It is decoration; the text next to it says the same. */
export function KindPicture({ kind }: { kind: WorkspaceKind }) {
  return (
    <svg viewBox="0 0 240 160" className="h-auto w-full drop-shadow-md" aria-hidden="true">
      <rect x="8" y="8" width="224" height="144" rx="10" className="fill-surface stroke-line" strokeWidth="1.5" />
      <path d="M8 18a10 10 0 0 1 10-10h204a10 10 0 0 1 10 10v10H8z" className="fill-sunken" />
      <circle cx="20" cy="18" r="3" className="fill-line" />
      <circle cx="30" cy="18" r="3" className="fill-line" />
      <circle cx="40" cy="18" r="3" className="fill-line" />
      {PICTURES[kind]}
    </svg>
  );
}

function Editor() {
  return (
    <>
      <path d="M8 28h16v124h-6a10 10 0 0 1-10-10z" className="fill-accent-soft" />
      <g className="fill-accent">
        <rect x="12.500" y="36" width="7" height="7" rx="1.500" />
        <rect x="12.500" y="50" width="7" height="7" rx="1.500" opacity=".45" />
        <rect x="12.500" y="64" width="7" height="7" rx="1.500" opacity=".45" />
      </g>
      <path d="M24 28h44v124H24z" className="fill-sunken" />
      <g className="fill-control" opacity=".6">
        <rect x="31" y="37" width="26" height="3.500" rx="1.750" />
        <rect x="36" y="47" width="24" height="3.500" rx="1.750" />
        <rect x="36" y="57" width="18" height="3.500" rx="1.750" />
        <rect x="31" y="67" width="22" height="3.500" rx="1.750" />
      </g>
      <g>
        <rect x="80" y="39" width="30" height="4" rx="2" className="fill-accent" />
        <rect x="114" y="39" width="48" height="4" rx="2" className="fill-good" />
        <rect x="90" y="50" width="44" height="4" rx="2" className="fill-control" opacity=".6" />
        <rect x="138" y="50" width="24" height="4" rx="2" className="fill-warn" />
        <rect x="90" y="61" width="22" height="4" rx="2" className="fill-accent" />
        <rect x="116" y="61" width="66" height="4" rx="2" className="fill-control" opacity=".6" />
        <rect x="90" y="72" width="54" height="4" rx="2" className="fill-good" />
        <rect x="80" y="83" width="12" height="4" rx="2" className="fill-accent" />
        <rect x="96" y="81.500" width="1.800" height="7" className="fill-ink" />
      </g>
      <path d="M68 104h164v38a10 10 0 0 1-10 10H68z" className="fill-sunken" />
      <path d="M68 104h164" className="stroke-line" />
      <path d="m79 114 5 4-5 4" className="stroke-good" strokeWidth="2" fill="none" strokeLinecap="round" />
      <rect x="90" y="116" width="40" height="4" rx="2" className="fill-control" opacity=".7" />
      <rect x="79" y="129" width="76" height="4" rx="2" className="fill-control" opacity=".4" />
      <rect x="79" y="140" width="52" height="4" rx="2" className="fill-control" opacity=".4" />
    </>
  );
}

function Charts() {
  return (
    <>
      <rect x="20" y="40" width="96" height="58" rx="5" className="fill-sunken" />
      <g className="fill-accent">
        <rect x="32" y="72" width="10" height="18" rx="1.500" opacity=".5" />
        <rect x="48" y="62" width="10" height="28" rx="1.500" opacity=".7" />
        <rect x="64" y="68" width="10" height="22" rx="1.500" opacity=".6" />
        <rect x="80" y="52" width="10" height="38" rx="1.500" />
        <rect x="96" y="58" width="10" height="32" rx="1.500" opacity=".8" />
      </g>
      <rect x="124" y="40" width="96" height="58" rx="5" className="fill-sunken" />
      <circle cx="172" cy="69" r="18" className="stroke-accent-soft" strokeWidth="10" fill="none" />
      <path d="M172 51a18 18 0 1 1-17 24" className="stroke-good" strokeWidth="10" fill="none" />
      <rect x="20" y="106" width="200" height="36" rx="5" className="fill-sunken" />
      <path
        d="m30 134 26-12 26 6 28-14 30 8 30-11 40 7"
        className="stroke-accent"
        strokeWidth="2.500"
        fill="none"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  );
}
