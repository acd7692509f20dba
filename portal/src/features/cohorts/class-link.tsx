"use client";

import { CopyIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { copyText } from "@/lib/copy-text";
import { useIsClient } from "@/lib/use-is-client";

/** One link for the calendar or the chat. It opens the workspace of the person who follows it. */
export function ClassLinkPanel() {
  const [copied, setCopied] = useState<boolean | null>(null);
  const url = useIsClient() ? `${window.location.origin}/start` : "";
  return (
    <Panel
      id="class-link"
      title="Class link"
      description="For your calendar or chat. It opens each student’s own workspace, after they have signed in."
    >
      <a href={url} className="text-sm font-medium wrap-anywhere text-accent underline underline-offset-4">
        {url}
      </a>
      <div className="mt-2 flex flex-wrap items-center gap-2 text-sm">
        <Button aria-label="Copy the class link" onClick={() => void copyText(url).then(setCopied)}>
          <CopyIcon className="size-4" />
          Copy
        </Button>
        <span role="status" className="text-muted">
          {copied === true && "Copied"}
          {copied === false && "Your browser does not allow it: select the link and copy it."}
        </span>
      </div>
    </Panel>
  );
}
