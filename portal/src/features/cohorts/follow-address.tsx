"use client";

import { useEffect, useRef, useState } from "react";

import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { fieldError, Form } from "@/components/form";
import { Skeleton } from "@/components/panel";
import type { CohortDetail } from "@/lib/api/types";

import { useFollowFeed, usePreviewFeed } from "./api";
import { ClassList } from "./class-list";
import { countOf } from "./model/class-times";
import { Notes } from "./notes";

interface FollowAddressProps {
  cohort: CohortDetail;
  onFollowed: (host: string) => void;
  onCancel: () => void;
}

/** Asks for a calendar's address, shows its classes, and follows it on request. */
export function FollowAddress({ cohort, onFollowed, onCancel }: FollowAddressProps) {
  const preview = usePreviewFeed(cohort.id);
  const follow = useFollowFeed(cohort.id);
  const [address, setAddress] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const error = follow.error ?? preview.error;
  const shown = preview.isSuccess && preview.variables === address ? preview.data : null;

  return (
    <div className="mt-4 space-y-4">
      <Form
        className="space-y-4"
        error={error}
        fields={["body.address"]}
        busy={preview.isPending || follow.isPending}
        onSubmit={() => {
          follow.reset();
          preview.mutate(address);
        }}
      >
        <Field
          label="Calendar address"
          hint="The public or secret address in iCalendar format. It begins with https:// or webcal://."
          error={fieldError(error, "body.address")}
          name="address"
          type="text"
          inputMode="url"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          ref={input}
          required
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
        <div className="flex flex-wrap gap-3 max-sm:flex-col">
          <Button type="submit" tone={shown === null ? "primary" : "secondary"} busy={preview.isPending}>
            Show its classes
          </Button>
          <Button tone="quiet" onClick={onCancel}>
            Cancel
          </Button>
        </div>
      </Form>
      {preview.isPending && (
        <div role="status">
          <span className="sr-only">Reading the calendar</span>
          <Skeleton className="h-24 w-full" />
        </div>
      )}
      {shown !== null && (
        <section aria-labelledby="feed-preview" className="rounded-xl border border-accent/40 bg-accent-soft/40 p-5">
          <div role="status">
            <h3 id="feed-preview" className="font-semibold">
              {countOf(shown.classes.length, "class", "classes")} in the next 14 days
            </h3>
          </div>
          <div className="mt-4">
            <ClassList classes={shown.classes} timeZone={cohort.time_zone} />
            <Notes notes={shown.notes} />
          </div>
          <div className="mt-5">
            <Button
              tone="primary"
              busy={follow.isPending}
              onClick={() => {
                void follow.mutateAsync(address).then(
                  (changed) => onFollowed(changed.timetable?.feed?.host ?? ""),
                  () => undefined,
                );
              }}
            >
              Follow this calendar
            </Button>
          </div>
        </section>
      )}
    </div>
  );
}
