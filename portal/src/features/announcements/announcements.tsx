"use client";

import { Alert } from "@/components/alert";

import { useAnnouncements } from "./api";

/** What an admin tells everybody or the person's cohort: above each page, until its end. */
export function Announcements() {
  const announcements = useAnnouncements();
  if (announcements.length === 0) return null;
  return (
    <section aria-label="Announcements" className="mb-6 space-y-3">
      {announcements.map(({ id, text, cohort }) => (
        <Alert key={id} tone="info" title={cohort ?? "From your school"}>
          <p className="wrap-anywhere whitespace-pre-line">{text}</p>
        </Alert>
      ))}
    </section>
  );
}
