"use client";

import "./globals.css";

import { Button } from "@/components/button";
import { Notice } from "@/components/notice";

/** Replaces the root layout when that itself fails, so it brings its own document. */
export default function GlobalError() {
  return (
    <html lang="en">
      <body>
        <Notice
          title="The portal broke"
          action={
            <Button tone="primary" onClick={() => window.location.reload()}>
              Reload
            </Button>
          }
        >
          It is our mistake, not yours. Your workspace and your files are not affected.
        </Notice>
      </body>
    </html>
  );
}
