// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";

import { person, workspaceRow } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { Administration } from "./administration";
import { WorkspacesTab } from "./workspaces-tab";

const LIST = "GET /api/console/workspaces/";
const PROGRAMS = "GET /api/console/workspaces/programs/";
const STOP = "POST /api/console/workspaces/stop/";
const COHORTS = { "GET /api/cohorts/": { status: 200 as const, body: { items: [] } } };

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }
  close() {
    /* nothing to close */
  }
}

beforeEach(() => {
  FakeSource.opened = [];
  vi.stubGlobal("EventSource", FakeSource);
});

const two = [
  workspaceRow(),
  workspaceRow({ id: "ws-bbbbbbbbbb", owner: { id: "2", name: "Ben", email: "ben@school.example", active: true } }),
];
const page = (items = two) => ({ items, total: items.length, per_page: 50 });

it("shows a person who is no admin that the page is not theirs, and asks for nothing", async () => {
  const api = new FakeApi({ "GET /api/me/": { status: 200, body: person({ role: "instructor" }) } });
  show(
    <Administration>
      <WorkspacesTab />
    </Administration>,
  );
  expect(await screen.findByText("This page is for admins")).toBeTruthy();
  expect(api.sent.map(({ route }) => route)).toEqual(["GET /api/me/"]);
});

it("shows what the stream tells at once", async () => {
  new FakeApi({ ...COHORTS, [LIST]: { status: 200, body: page() } });
  show(<WorkspacesTab />);
  expect(await screen.findByText("Ben")).toBeTruthy();
  expect(FakeSource.opened[0]?.url).toBe("/api/console/workspaces/events/?q=&up=true&page=1");
  const data = JSON.stringify(page([workspaceRow({ state: "stopping" })]));
  act(() => {
    FakeSource.opened[0]?.dispatchEvent(new MessageEvent("workspaces", { data }));
  });
  expect(await screen.findByText("Stopping")).toBeTruthy();
  expect(screen.queryByText("Ben")).toBeNull();
});

it("stops those that were chosen, after it has said what ends", async () => {
  const body = {
    items: [{ workspace_id: "ws-bbbbbbbbbb", programs: ["npm run dev", "python train.py"], known: true }],
  };
  const api = new FakeApi({
    ...COHORTS,
    [LIST]: { status: 200, body: page() },
    [PROGRAMS]: { status: 200, body },
    [STOP]: { status: 200, body: { changed: 1, failed: 0, failure: "" } },
  });
  show(<WorkspacesTab />);
  fireEvent.click(await screen.findByRole("checkbox", { name: "Choose the Visual Studio Code of Ben" }));
  fireEvent.click(screen.getByRole("button", { name: "Save and stop 1" }));
  expect(screen.getByRole("dialog").textContent).toContain("Programs that run in it end.");
  expect(await screen.findByText("npm run dev, python train.py")).toBeTruthy();
  expect(screen.getByRole("dialog").textContent).toContain("Ben:");
  fireEvent.click(screen.getByRole("button", { name: "Save and stop" }));
  await waitFor(() => expect(api.changes()).toEqual([{ route: STOP, body: { ids: ["ws-bbbbbbbbbb"] } }]));
  expect((await screen.findByRole("alert")).textContent).toBe("1 workspace is being saved and stopped.");
});

it("asks for nothing when the chosen ones have stopped by themselves meanwhile", async () => {
  const body = { items: [] };
  const api = new FakeApi({ ...COHORTS, [LIST]: { status: 200, body: page() }, [PROGRAMS]: { status: 200, body } });
  show(<WorkspacesTab />);
  fireEvent.click(await screen.findByRole("checkbox", { name: "Choose the Visual Studio Code of Ben" }));
  fireEvent.click(screen.getByRole("button", { name: "Save and stop 1" }));
  await waitFor(() => expect(api.sent.filter(({ route }) => route === PROGRAMS)).toHaveLength(1));
  const data = JSON.stringify(page([workspaceRow()]));
  act(() => {
    FakeSource.opened[0]?.dispatchEvent(new MessageEvent("workspaces", { data }));
  });
  await waitFor(() => expect(screen.queryByText("Ben")).toBeNull());
  expect(api.sent.filter(({ route }) => route === PROGRAMS)).toHaveLength(1);
});

it("begins with a person's workspaces when a link names them", async () => {
  window.history.replaceState(null, "", "/administration/workspaces?q=ben%40school.example");
  new FakeApi({ ...COHORTS, [LIST]: { status: 200, body: page([]) } });
  show(<WorkspacesTab />);
  expect(await screen.findByText("Nothing found")).toBeTruthy();
  expect(FakeSource.opened[0]?.url).toBe("/api/console/workspaces/events/?q=ben%40school.example&up=false&page=1");
  expect(screen.getByLabelText<HTMLInputElement>("Search").value).toBe("ben@school.example");
});
