"use client";

import { GlobeIcon } from "lucide-react";

import { usePorts } from "./api/use-ports";

/** What the student's own programs serve now, each in a tab of its own. */
export function Ports({ workspaceId }: { workspaceId: string }) {
  const ports = usePorts(workspaceId);
  if (ports.length === 0) return null;
  return (
    <section aria-label="Your running apps" className="text-sm">
      <p className="flex items-center gap-2 text-muted">
        <GlobeIcon className="size-4 shrink-0" />
        Your apps that run now. Only you can open them.
      </p>
      <ul className="mt-2 flex flex-wrap gap-2">
        {ports.map(({ port, url }) => (
          <li key={port}>
            <a
              href={url}
              target="_blank"
              rel="noopener"
              className="inline-block rounded-lg border border-line px-3 py-1.5 font-medium tabular-nums hover:bg-sunken"
            >
              Port {port}
              <span className="sr-only"> (opens a new tab)</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
