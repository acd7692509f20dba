import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, expect, vi } from "vitest";

import { unexpected } from "./fake-api";
import { FakeSource } from "./fake-source";
import { router } from "./router";

vi.mock("next/navigation", () => ({
  useRouter: () => router,
  usePathname: () => window.location.pathname,
  useSearchParams: () => new URLSearchParams(window.location.search),
}));

if (typeof HTMLDialogElement !== "undefined") {
  // jsdom does not implement modal dialogs.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
}

// Of `findBy` and `waitFor`; on a machine that builds images meanwhile a second is not long.
configure({ asyncUtilTimeout: 5_000 });

beforeEach(() => {
  FakeSource.opened = [];
  vi.stubGlobal("EventSource", FakeSource); // neither jsdom nor Node has one
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.resetAllMocks();
  if (typeof window !== "undefined") window.history.replaceState(null, "", "/");
  expect(unexpected.splice(0), "requests that the fake backend does not know").toEqual([]);
});
