// @vitest-environment node
import { afterEach, expect, test, vi } from "vitest";

import { FakeSource } from "@/testing/fake-source";

import type { StreamNews } from "./event-stream";
import { shareEventStream } from "./shared-event-stream";

const LIVE: StreamNews = { about: "connection", state: "live" };

let leaving: (() => void)[] = [];

function openTab(workspaceId = "w-1") {
  const heard: StreamNews[] = [];
  const leave = shareEventStream(`/api/workspace/${workspaceId}/events/`, (news) => heard.push(news));
  leaving.push(leave);
  return { heard, leave };
}

async function streams(count: number) {
  await vi.waitFor(() => expect(FakeSource.opened).toHaveLength(count));
  return FakeSource.opened[count - 1] as FakeSource;
}

afterEach(() => {
  leaving.forEach((leave) => leave());
  leaving = [];
});

test("all tabs of a browser share one stream", async () => {
  const tabs = Array.from({ length: 7 }, () => openTab());
  const stream = await streams(1);
  stream.send("open", "");
  stream.send("workspace", "{}");
  for (const { heard } of tabs) {
    await vi.waitFor(() => expect(heard).toEqual([LIVE, { about: "workspace", json: "{}" }]));
  }
  expect(FakeSource.opened).toHaveLength(1);
});

test("a tab that opens later learns what the stream told last", async () => {
  openTab();
  const stream = await streams(1);
  stream.send("open", "");
  stream.send("workspace", "1");
  stream.send("workspace", "2");
  const late = openTab();
  await vi.waitFor(() => expect(late.heard).toEqual([LIVE, { about: "workspace", json: "2" }]));
});

test("when the tab with the stream closes, the next one in line opens its own", async () => {
  const first = openTab();
  const second = openTab();
  const third = openTab();
  const stream = await streams(1);
  second.leave();
  first.leave();
  const next = await streams(2);
  expect(stream.readyState).toBe(FakeSource.CLOSED);
  next.send("workspace", "again");
  expect(third.heard).toEqual([{ about: "workspace", json: "again" }]);
  expect(first.heard).toEqual([]);
});

test("every tab learns that the stream is broken, so that it polls", async () => {
  const tabs = [openTab(), openTab()];
  const stream = await streams(1);
  stream.send("error", "");
  for (const { heard } of tabs) {
    await vi.waitFor(() => expect(heard).toEqual([{ about: "connection", state: "broken" }]));
  }
});

test("workspaces do not share a stream", async () => {
  openTab("w-1");
  openTab("w-2");
  await streams(2);
  expect(FakeSource.opened.map(({ url }) => url)).toEqual(["/api/workspace/w-1/events/", "/api/workspace/w-2/events/"]);
});

test("without locks, as on a host without HTTPS, each tab has its own", async () => {
  vi.stubGlobal("navigator", {});
  openTab();
  openTab();
  await streams(2);
});
