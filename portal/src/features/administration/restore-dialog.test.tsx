// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { WorkspaceRow } from "@/lib/api/types";
import { workspaceRow } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { WorkspacesTab } from "./workspaces-tab";

const LIST = "GET /api/console/workspaces/";
const SNAPSHOTS = "GET /api/console/workspaces/{workspace_id}/snapshots/";
const RESTORE = "POST /api/console/workspaces/{workspace_id}/restore/";
const STOP = "POST /api/console/workspaces/stop/";
const STOPPED = workspaceRow({ state: "stopped", stopped_at: "2026-11-29T15:00:00Z", stop_reason: "by_person" });
const SHOWN = [
  { id: "b".repeat(64), taken_at: "2026-11-29T15:00:00Z" },
  { id: "a".repeat(64), taken_at: "2026-11-28T15:00:00Z" },
];

/** The console's list with one workspace, whose state a test changes by `school.row`. */
function school(row: WorkspaceRow, items = SHOWN) {
  const state = { row };
  const api = new FakeApi({
    "GET /api/cohorts/": { status: 200, body: { items: [] } },
    "GET /api/console/workspaces/programs/": { status: 200, body: { items: [] } },
    [LIST]: () => ({ status: 200, body: { items: [state.row], total: 1, per_page: 50 } }),
    [SNAPSHOTS]: () => ({ status: 200, body: { items, workspace: state.row } }),
    [STOP]: () => {
      state.row = STOPPED;
      return { status: 200, body: { changed: 1, failed: 0, failure: "" } };
    },
    [RESTORE]: () => {
      state.row = { ...STOPPED, restoring: true };
      return { status: 200, body: state.row };
    },
  });
  show(<WorkspacesTab />);
  return { state, api };
}

async function open() {
  fireEvent.click(await screen.findByRole("button", { name: "Actions for the workspace of Amara Okafor" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Restore files …" }));
  return screen.findByRole("dialog", { name: "Restore the files of Amara Okafor" });
}

it("restores a chosen snapshot of a stopped workspace, waits, and says what its owner reads", async () => {
  const { state, api } = school(STOPPED);
  const dialog = await open();
  fireEvent.change(await screen.findByLabelText("Snapshot"), { target: { value: "a".repeat(64) } });
  fireEvent.click(screen.getByRole("button", { name: "Restore files" }));
  await waitFor(() => expect(dialog.textContent).toContain("The files are being put back."));
  expect(api.changes()).toEqual([
    { route: RESTORE.replace("{workspace_id}", STOPPED.id), body: { snapshot: "a".repeat(64) } },
  ]);
  expect((await screen.findAllByText("Restoring files")).length).toBe(1);
  state.row = { ...STOPPED, restored: "Your files are restored" };
  expect((await screen.findByRole("alert")).textContent).toBe("Done. Its owner reads: “Your files are restored.”");
});

it("says why the files could not be put back, and lets one choose another snapshot", async () => {
  const { state } = school(STOPPED);
  await open();
  fireEvent.click(await screen.findByRole("button", { name: "Restore files" }));
  await screen.findByText(/being put back\. Until then/);
  state.row = { ...STOPPED, failure: "Your files could not be restored. Please tell your school" };
  expect((await screen.findByRole("alert")).textContent).toBe(
    "It failed. Its owner reads: “Your files could not be restored. Please tell your school.”",
  );
  expect(screen.getByLabelText("Snapshot")).toBeTruthy();
});

it("saves and stops one that runs first, and then offers its snapshots", async () => {
  const { api } = school(workspaceRow());
  const dialog = await open();
  await waitFor(() => expect(dialog.textContent).toContain("only while the workspace is stopped"));
  expect(screen.queryByLabelText("Snapshot")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Save and stop" }));
  expect(await screen.findByLabelText("Snapshot")).toBeTruthy();
  expect(api.changes()).toEqual([{ route: STOP, body: { ids: ["ws-abcdefghij"] } }]);
});

it("says why one that runs could not be stopped", async () => {
  const { api } = school(workspaceRow());
  await open();
  api.answers[STOP] = { status: 200, body: { changed: 0, failed: 1, failure: "The manager does not answer." } };
  fireEvent.click(await screen.findByRole("button", { name: "Save and stop" }));
  expect((await screen.findByRole("alert")).textContent).toContain("The manager does not answer.");
  expect(screen.queryByLabelText("Snapshot")).toBeNull();
});

it("says that there is no snapshot yet", async () => {
  school(STOPPED, []);
  const dialog = await open();
  await waitFor(() => expect(dialog.textContent).toContain("There is no snapshot yet."));
});

it("offers nothing for a workspace that was never used", async () => {
  school(workspaceRow({ state: "stopped" }));
  expect(await screen.findByText("Not used yet")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Actions for/ })).toBeNull();
});

it("shows the memory that programs hold next to the disk", async () => {
  school(
    workspaceRow({
      memory_bytes: 425_000_000,
      memory_limit_bytes: 1_610_612_736,
      disk_bytes: 3e8,
      disk_limit_bytes: 5e9,
    }),
  );
  expect(await screen.findByText(/0\.4 of 1\.5 GB of memory · 0\.3 of 5\.0 GB on the disk/)).toBeTruthy();
});
