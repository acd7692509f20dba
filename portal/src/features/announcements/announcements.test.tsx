// @vitest-environment jsdom
import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import type { Announcement } from "@/lib/api/types";
import { FakeApi, show } from "@/testing/fake-api";
import { FakeSource } from "@/testing/fake-source";

import { Announcements } from "./announcements";

const OWN = "GET /api/announcements/";
const STREAM = "/api/announcements/events/";

function announcement(text: string): Announcement {
  const times = { begins_at: "2026-11-30T08:00:00Z", ends_at: "2026-12-01T08:00:00Z" };
  return { id: text, text, cohort: null, sender: "Ada", ...times };
}

function tell(...texts: string[]) {
  act(() => FakeSource.of(STREAM).send("announcements", JSON.stringify({ items: texts.map(announcement) })));
}

afterEach(() => vi.useRealTimers());

it("shows each that comes and takes away each that ends, and asks for nothing meanwhile", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const api = new FakeApi({ [OWN]: { status: 200, body: { items: [] } } });
  show(<Announcements />);
  await waitFor(() => expect(api.sent).toHaveLength(1));
  act(() => FakeSource.of(STREAM).send("open", ""));
  tell("Lunch is free.", "Room 2 today.");
  expect(await screen.findByText("Room 2 today.")).toBeTruthy();
  tell("Lunch is free.");
  await waitFor(() => expect(screen.queryByText("Room 2 today.")).toBeNull());
  tell();
  await waitFor(() => expect(screen.queryByRole("region", { name: "Announcements" })).toBeNull());
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(api.sent).toHaveLength(1);
});

it("asks again and again while the stream is broken", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const items: Announcement[] = [];
  new FakeApi({ [OWN]: () => ({ status: 200, body: { items } }) });
  show(<Announcements />);
  act(() => FakeSource.of(STREAM).send("open", ""));
  act(() => FakeSource.of(STREAM).send("error", ""));
  items.push(announcement("The network is slow."));
  await act(() => vi.advanceTimersByTimeAsync(16_000));
  expect(await screen.findByText("The network is slow.")).toBeTruthy();
});
