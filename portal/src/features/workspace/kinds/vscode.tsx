import { BookmarkCheckIcon, CodeIcon, FolderIcon, SquareTerminalIcon } from "lucide-react";

import type { KindContent } from "./kind";

export const VSCODE: KindContent = {
  name: "Visual Studio Code",
  promise: "Your editor, terminal and files",
  hasPorts: true,
  restart: "Programs in the terminal are stopped. Your files, open editors and unsaved text come back.",
  contents: "all its files",
  afterUnexpectedEnd: "Your files are kept, and unsaved text comes back with the editor.",
  guide: [
    {
      icon: CodeIcon,
      title: "An editor that helps",
      text: "It completes your code and marks mistakes in Python, JavaScript and TypeScript.",
    },
    {
      icon: SquareTerminalIcon,
      title: "A terminal of your own",
      text: "Open it with Ctrl + ` (the key left of 1). Git, Python and Node.js are installed. Use pip and npm to install more.",
    },
    {
      icon: FolderIcon,
      title: "One folder for your work",
      text: "Keep your work in the folder “project”. Files save themselves about a second after you stop typing.",
    },
    {
      icon: BookmarkCheckIcon,
      title: "Everything is kept",
      text: "Files, open editors and even unsaved text come back next time. Start your programs again yourself.",
    },
  ],
  drawing: (
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
  ),
};
