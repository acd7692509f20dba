"use client";

import { useEffect } from "react";

import { Button } from "@/components/button";
import { Notice } from "@/components/notice";

export default function ErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  useEffect(() => console.error(error), [error]);
  return (
    <Notice
      title="Something went wrong on this page"
      action={
        <Button tone="primary" onClick={reset}>
          Try again
        </Button>
      }
    >
      This is our mistake. Your workspace and your files are not affected. Try again, or reload the page.
    </Notice>
  );
}
