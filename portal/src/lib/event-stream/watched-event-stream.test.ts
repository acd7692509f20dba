// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { FakeSource } from "@/testing/fake-source";

import type { StreamNews } from "./event-stream";
import { watchEventStream } from "./watched-event-stream";

const ADDRESS = "/api/announcements/events/";

let visibility: DocumentVisibilityState = "visible";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function turn(state: DocumentVisibilityState) {
  visibility = state;
  document.dispatchEvent(new Event("visibilitychange"));
}

it("leaves the stream of a page that nobody has looked at for a minute, and comes back with the person", () => {
  const heard: StreamNews[] = [];
  const comeBack = vi.fn();
  const leave = watchEventStream(ADDRESS, (news) => heard.push(news), comeBack);
  const first = FakeSource.of(ADDRESS);
  turn("hidden");
  vi.advanceTimersByTime(59_000);
  turn("visible");
  turn("hidden");
  vi.advanceTimersByTime(59_000);
  expect(first.readyState).not.toBe(FakeSource.CLOSED);
  vi.advanceTimersByTime(1_000);
  expect(first.readyState).toBe(FakeSource.CLOSED);
  expect(heard).toEqual([{ about: "connection", state: "broken" }]);
  expect(comeBack).not.toHaveBeenCalled();
  turn("visible");
  expect(comeBack).toHaveBeenCalledOnce();
  FakeSource.of(ADDRESS).send("open", "");
  expect(heard.at(-1)).toEqual({ about: "connection", state: "live" });
  leave();
  turn("hidden");
  turn("visible");
  expect(FakeSource.opened.filter(({ readyState }) => readyState !== FakeSource.CLOSED)).toEqual([]);
});
