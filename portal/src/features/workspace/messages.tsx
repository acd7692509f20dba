"use client";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Failure } from "@/components/failure";
import type { Message } from "@/lib/api/types";
import { clock } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useCloseMessage, useMessages } from "./api/use-messages";

/** What instructors wrote: plain text, until the student closes it. */
export function Messages() {
  const messages = useMessages();
  return messages.map((message) => <OneMessage key={message.id} message={message} />);
}

function OneMessage({ message: { id, sender, text, sent_at } }: { message: Message }) {
  const close = useCloseMessage(id);
  const now = useNow(60_000);
  return (
    <Alert
      tone="info"
      title={`${sender}, ${clock(sent_at, now)}`}
      action={
        <Button busy={close.isPending} aria-label={`Close the message from ${sender}`} onClick={() => close.mutate()}>
          Close
        </Button>
      }
    >
      <p className="wrap-anywhere whitespace-pre-line">{text}</p>
      <Failure error={close.error} />
    </Alert>
  );
}
