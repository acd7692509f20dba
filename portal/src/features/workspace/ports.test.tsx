// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import type { Share } from "@/lib/api/types";
import { FakeApi, show } from "@/testing/fake-api";
import type { Answers } from "@/testing/routes";

import { putPorts } from "./api/workspace-cache";
import { Ports } from "./ports";

const ID = "ws-abcdefghij";
const NOW = Date.parse("2026-11-30T10:00:00Z");
const SHARED: Share = {
  port: 5173,
  audience: "cohort",
  ends_at: "2026-12-01T10:00:00Z",
  url: `http://p5173--${ID}.ws.localhost:8080/`,
};

/** A backend that remembers what is shared. */
function backend(shared: Share[] = [], answers: Answers = {}) {
  let shares = shared;
  return new FakeApi({
    "GET /api/workspace/{workspace_id}/shares/": () => ({
      status: 200,
      body: { shares, audiences: ["cohort", "signed_in"] },
    }),
    "PUT /api/workspace/{workspace_id}/shares/{port}/": () => {
      shares = [SHARED];
      return { status: 200, body: SHARED };
    },
    "DELETE /api/workspace/{workspace_id}/shares/{port}/": () => {
      shares = [];
      return { status: 204, body: undefined };
    },
    ...answers,
  });
}

function shown(listening = [5173]) {
  const queryClient = new QueryClient();
  putPorts(
    queryClient,
    ID,
    listening.map((port) => ({ port, url: `/door/${port}/` })),
  );
  show(<Ports workspaceId={ID} nowMs={NOW} />, queryClient);
}

it("shares a port with the cohort for a day and then shows the link to copy", async () => {
  const api = backend();
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { clipboard: { writeText } }));
  shown();
  fireEvent.click(await screen.findByRole("button", { name: "Share port 5173 …" }));
  const dialog = within(screen.getByRole("dialog", { name: "Share port 5173" }));
  expect(dialog.getAllByRole<HTMLInputElement>("radio").map(({ value }) => value)).toEqual(["cohort", "signed_in"]);
  fireEvent.click(dialog.getByRole("button", { name: "Share" }));
  const link = await dialog.findByLabelText<HTMLInputElement>("Link");
  expect(link.value).toBe(SHARED.url);
  expect(dialog.getByRole("status").textContent).toMatch(/^Shared with your cohort until /);
  expect(api.changes()).toEqual([
    { route: `PUT /api/workspace/${ID}/shares/5173/`, body: { audience: "cohort", hours: 24 } },
  ]);
  fireEvent.click(dialog.getByRole("button", { name: "Copy link" }));
  await dialog.findByRole("button", { name: "Copied" });
  expect(writeText).toHaveBeenCalledWith(SHARED.url);
});

it("shows and ends a share also when the program and the workspace do not run", async () => {
  const api = backend([SHARED]);
  shown([]);
  expect(await screen.findByText("Port 5173 does not run now")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Sharing of port 5173 …" }));
  fireEvent.click(screen.getByRole("button", { name: "Stop sharing" }));
  await waitFor(() => expect(screen.queryByText("Port 5173 does not run now")).toBeNull());
  expect(api.changes()).toEqual([{ route: `DELETE /api/workspace/${ID}/shares/5173/`, body: null }]);
});

it("forgets a share at its end without asking again", async () => {
  backend([{ ...SHARED, ends_at: "2026-11-30T09:59:59Z" }]);
  shown();
  expect(await screen.findByRole("button", { name: "Share port 5173 …" })).toBeTruthy();
  expect(screen.queryByText(/until/)).toBeNull();
});

it("says why a port cannot be shared, and keeps the dialog open", async () => {
  backend([], {
    "PUT /api/workspace/{workspace_id}/shares/{port}/": {
      status: 403,
      body: { detail: "You are in no cohort.", reason: "audience_not_allowed" },
    },
  });
  shown();
  fireEvent.click(await screen.findByRole("button", { name: "Share port 5173 …" }));
  fireEvent.click(screen.getByRole("button", { name: "Share" }));
  expect((await screen.findByRole("alert")).textContent).toContain("You are in no cohort.");
  expect(screen.getByRole("dialog")).toBeTruthy();
});
