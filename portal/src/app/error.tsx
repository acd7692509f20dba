"use client";

import { useEffect } from "react";

import { Button } from "@/components/button";
import { Notice } from "@/components/notice";

export default function ErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  useEffect(() => console.error(error), [error]);
  return (
    <Notice
      title="This page broke"
      action={
        <Button tone="primary" onClick={reset}>
          Try again
        </Button>
      }
    >
      It is our mistake, not yours. Your workspace and your files are not affected.
    </Notice>
  );
}
