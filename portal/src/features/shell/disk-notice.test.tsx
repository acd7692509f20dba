// @vitest-environment jsdom
import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { components } from "@/lib/api/schema.gen";
import { FakeApi, show } from "@/testing/fake-api";

import { DiskNotice } from "./disk-notice";

const UP = { state: "up", detail: "" } as const;
const OK = { state: "ok", detail: "" } as const;

const answering = (disk: components["schemas"]["DiskOut"]) =>
  new FakeApi({
    "GET /api/health/": { status: 200, body: { state: "up", database: UP, redis: UP, manager: UP, disk, backup: OK } },
  });

it("tells staff that the disk is nearly full", async () => {
  answering({ state: "nearly_full", detail: "The disk is nearly full." });
  show(<DiskNotice />);
  expect(await screen.findByRole("status")).toHaveProperty("textContent", "The disk is nearly full.");
});

it("shows nothing while there is room", async () => {
  const api = answering({ state: "ok", detail: "" });
  show(<DiskNotice />);
  await waitFor(() => expect(api.sent).toHaveLength(1));
  expect(screen.queryByRole("status")).toBeNull();
});
