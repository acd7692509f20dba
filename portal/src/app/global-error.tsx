"use client";

import "./globals.css";

import { Button } from "@/components/button";
import { Notice } from "@/components/notice";

/** Replaces the root layout when the layout itself fails, so it renders a complete document. */
export default function GlobalError() {
  return (
    <html lang="en">
      <body>
        <Notice
          title="Something went wrong"
          action={
            <Button tone="primary" onClick={() => window.location.reload()}>
              Reload
            </Button>
          }
        >
          This is our mistake. Your workspace and your files are not affected. Reload the page to continue.
        </Notice>
      </body>
    </html>
  );
}
