// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { offline, problemToError } from "@/lib/api/errors";
import { show } from "@/testing/fake-api";

import { ConnectionNotice } from "./connection-notice";

let connected: boolean;
let asked: number;

beforeEach(() => {
  vi.useFakeTimers();
  connected = true;
  asked = 0;
  vi.stubGlobal("fetch", () => {
    asked += 1;
    return connected ? Promise.resolve(new Response(null, { status: 503 })) : Promise.reject(new TypeError("away"));
  });
});

afterEach(() => vi.useRealTimers());

const isShown = () => screen.queryByText("No connection.") !== null;
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

async function fail(queryClient: QueryClient, error: Error) {
  const query = { queryKey: ["a page"], queryFn: () => Promise.reject(error), retry: false };
  await act(() => queryClient.query(query).catch(() => undefined));
}

it("appears when the server cannot be reached, leaves by itself, and loads everything again", async () => {
  const queryClient = new QueryClient();
  const again = vi.spyOn(queryClient, "invalidateQueries");
  show(<ConnectionNotice />, queryClient);
  connected = false;
  await fail(queryClient, offline());
  expect(isShown()).toBe(true);
  await pass(10_000);
  expect([isShown(), again.mock.calls.length]).toEqual([true, 0]);
  connected = true;
  await pass(3_000);
  expect([isShown(), again.mock.calls.length]).toEqual([false, 1]);
  const before = asked;
  await pass(60_000);
  expect(asked).toBe(before);
});

it("does not believe the browser that says so while the server answers", async () => {
  show(<ConnectionNotice />);
  window.dispatchEvent(new Event("offline"));
  await pass(0);
  expect([isShown(), asked]).toEqual([false, 1]);
  connected = false;
  window.dispatchEvent(new Event("offline"));
  await pass(0);
  expect(isShown()).toBe(true);
  connected = true;
  window.dispatchEvent(new Event("online"));
  await pass(0);
  expect(isShown()).toBe(false);
});

it("is not about a server that has trouble, nor about one lost request", async () => {
  const queryClient = new QueryClient();
  show(<ConnectionNotice />, queryClient);
  await fail(queryClient, problemToError(503, null));
  expect(asked).toBe(0);
  await fail(queryClient, offline());
  expect([isShown(), asked]).toEqual([false, 1]);
});
