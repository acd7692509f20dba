// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";

import type { Workspace, WorkspaceKind } from "@/lib/api/types";
import { workspace } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import type { ApiAnswer } from "@/testing/routes";

import { putPorts } from "./api/workspace-cache";
import { WorkspaceCard } from "./workspace-card";

/** A new tab as far as the card uses one. */
class FakeTab {
  opener: unknown = window;
  closed = false;
  visited: string[] = [];
  document = { title: "" };
  location = { replace: (url: URL) => this.visited.push(url.pathname) };
  close() {
    this.closed = true;
  }
}

const CREATE = "POST /api/workspace/create/";
const LAUNCHED = workspace({ state: "starting" });

let tab: FakeTab | null;

beforeEach(() => {
  tab = new FakeTab();
  vi.stubGlobal("open", () => tab);
});

const answering = (answer: ApiAnswer<typeof CREATE>) => new FakeApi({ [CREATE]: answer });

interface Shown {
  kind?: WorkspaceKind;
  ready?: boolean;
  current?: Workspace | null;
  queryClient?: QueryClient;
}

function showCard({ kind = "vscode", ready = true, current = null, queryClient }: Shown = {}) {
  const kinds = [{ kind, ready, text: ready ? "" : "Installing" }];
  show(<WorkspaceCard kind={kind} workspace={current} kinds={kinds} />, queryClient);
}

const launchButton = () => screen.getByRole("button", { name: /Launch Workspace/ });

it("sends the request first, then opens the tab without an opener, and sends it to the door", async () => {
  const api = answering({ status: 201, body: LAUNCHED });
  let sentBefore = 0;
  vi.stubGlobal("open", () => {
    sentBefore = api.sent.length;
    return tab;
  });
  showCard();
  fireEvent.click(launchButton());
  await waitFor(() => expect(tab?.opener).toBeNull());
  expect(sentBefore).toBe(1);
  await waitFor(() => expect(tab?.visited).toEqual(["/workspace/ws-abcdefghij/"]));
});

it("lists what the student's own programs serve, each in a tab of its own", async () => {
  const url = "http://localhost:8080/api/door/ws-abcdefghij/port/5173/";
  new FakeApi({});
  const queryClient = new QueryClient();
  putPorts(queryClient, "ws-abcdefghij", [{ port: 5173, url }]);
  showCard({ current: workspace({ state: "running" }), queryClient });
  const link = await screen.findByRole("link", { name: /Port 5173/ });
  expect([link.getAttribute("href"), link.getAttribute("rel"), link.getAttribute("target")]).toEqual([
    url,
    "noopener",
    "_blank",
  ]);
});

it("goes to the door only after the launch is answered, because the door would launch a second time", async () => {
  let answer = () => {};
  new FakeApi({
    [CREATE]: () => new Promise((resolve) => (answer = () => resolve({ status: 200, body: LAUNCHED }))),
  });
  showCard({ current: workspace() });
  fireEvent.click(launchButton());
  await waitFor(() => expect(tab?.opener).toBeNull());
  expect(tab?.visited).toEqual([]);
  answer();
  await waitFor(() => expect(tab?.visited).toEqual(["/workspace/ws-abcdefghij/"]));
});

it("waits out a restart of the platform without an error and without a second click", async () => {
  const answers = [{ status: 503, body: { reason: "manager_unavailable", detail: "Away" } } as const];
  const api = new FakeApi({ [CREATE]: () => answers.pop() ?? { status: 201, body: LAUNCHED } });
  showCard();
  fireEvent.click(launchButton());
  expect(await screen.findByText(/One moment: part of the platform is restarting/)).toBeTruthy();
  await waitFor(() => expect(tab?.visited).toEqual([LAUNCHED.url]), { timeout: 4_000 });
  expect(api.changes()).toHaveLength(2);
  expect(screen.queryByText(/One moment/)).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("closes the tab and says why when the launch is refused", async () => {
  answering({ status: 503, body: { detail: "The workspaces cannot be reached.", reason: "no_capacity" } });
  showCard();
  fireEvent.click(launchButton());
  expect((await screen.findByRole("alert")).textContent).toContain("The workspaces cannot be reached.");
  expect(tab?.closed).toBe(true);
});

it("says why a kind outside the track is refused, and reloads the account", async () => {
  const detail = "Your track works with VS Code; Superset is not part of it.";
  answering({ status: 403, body: { detail, reason: "kind_not_allowed", remedy: "Ask your instructor." } });
  const queryClient = new QueryClient();
  queryClient.setQueryData(["me"], { track: "DP" });
  showCard({ kind: "superset", queryClient });
  fireEvent.click(launchButton());
  expect((await screen.findByRole("alert")).textContent).toContain(`${detail} Ask your instructor.`);
  expect(tab?.closed).toBe(true);
  expect(queryClient.getQueryState(["me"])?.isInvalidated).toBe(true);
});

it("launches the kind of its card, and names it", async () => {
  const api = answering({ status: 201, body: LAUNCHED });
  showCard({ kind: "superset" });
  expect(screen.getByRole("heading", { name: "Apache Superset" })).toBeTruthy();
  fireEvent.click(launchButton());
  await waitFor(() => expect(api.sent.map(({ body }) => body)).toEqual([{ kind: "superset" }]));
});

it("creates a new workspace next to a deleted one, and waits for its address", async () => {
  answering({ status: 201, body: { ...LAUNCHED, id: "ws-bbbbbbbbbb", url: "/workspace/ws-bbbbbbbbbb/" } });
  showCard({ current: workspace({ state: "deleted" }) });
  fireEvent.click(screen.getByRole("button", { name: /Create a new workspace/ }));
  await waitFor(() => expect(tab?.visited).toEqual(["/workspace/ws-bbbbbbbbbb/"]));
});

it("launches even when the browser blocks the tab", async () => {
  tab = null;
  const api = answering({ status: 201, body: LAUNCHED });
  showCard();
  fireEvent.click(launchButton());
  await waitFor(() => expect(launchButton().getAttribute("aria-busy")).toBeNull());
  expect(api.changes()).toHaveLength(1);
  expect(screen.queryByRole("alert")).toBeNull();
});

it("leads to the files of a stopped workspace where they can be read", () => {
  showCard({ current: workspace({ files_at_rest: true }) });
  expect(screen.getByRole("link", { name: /^Your files/ }).getAttribute("href")).toBe("/files/ws-abcdefghij");
  cleanup();
  showCard({ current: workspace() });
  expect(screen.queryByRole("link", { name: /^Your files/ })).toBeNull();
});

it("does nothing while the kind is not ready, but stays focusable and says why", () => {
  const opened = vi.fn(() => null);
  vi.stubGlobal("open", opened);
  showCard({ ready: false });
  fireEvent.click(launchButton());
  expect(opened).not.toHaveBeenCalled();
  expect(launchButton().hasAttribute("disabled")).toBe(false);
  expect(document.getElementById(launchButton().getAttribute("aria-describedby") ?? "")?.textContent).toBe(
    "Installing",
  );
});

it("deletes only after the name was typed, with whichever apostrophe, and says why it was refused", async () => {
  const detail = "The workspace is being restored.";
  const route = "DELETE /api/workspace/{workspace_id}/";
  const api = new FakeApi({ [route]: { status: 409, body: { detail, reason: "busy" } } });
  showCard({ current: workspace() });
  fireEvent.click(screen.getByRole("button", { name: "More actions" }));
  fireEvent.click(screen.getByRole("menuitem", { name: /Delete workspace/ }));
  const box = screen.getByLabelText("Name of the workspace");
  const button = screen.getByRole("button", { name: "Delete workspace" });
  fireEvent.change(box, { target: { value: "Amara Okafor" } });
  fireEvent.click(button);
  fireEvent.submit(box);
  expect(api.sent).toEqual([]);
  fireEvent.change(box, { target: { value: " Amara Okafor’s VS Code " } });
  fireEvent.click(button);
  expect(await screen.findByText(detail)).toBeTruthy();
  expect(api.changes()).toEqual([
    { route: "DELETE /api/workspace/ws-abcdefghij/", body: { name: "Amara Okafor's VS Code" } },
  ]);
});

const STOP = "POST /api/workspace/{workspace_id}/stop/";
const PROGRAMS = "GET /api/workspace/{workspace_id}/programs/";
const RUNNING = workspace({ state: "running" });
const programs = (...names: string[]) => ({ workspace_id: RUNNING.id, programs: names, known: true });

function stopWith(answer: ApiAnswer<typeof PROGRAMS>) {
  const api = new FakeApi({ [STOP]: { status: 200, body: workspace({ state: "stopping" }) }, [PROGRAMS]: answer });
  showCard({ current: RUNNING });
  fireEvent.click(screen.getByRole("button", { name: "Stop" }));
  return api;
}

const stopped = (api: FakeApi) => api.changes().filter(({ route }) => route.endsWith("/stop/")).length;

it("stops with one click where no program runs", async () => {
  const api = stopWith({ status: 200, body: programs() });
  await waitFor(() => expect(stopped(api)).toBe(1));
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("names the programs that would end, and stops only after a second click", async () => {
  const api = stopWith({ status: 200, body: programs("npm run dev", "python train.py (2)") });
  expect((await screen.findByRole("dialog")).textContent).toContain("Still running, and will end:");
  expect(screen.getByText("python train.py (2)")).toBeTruthy();
  expect(stopped(api)).toBe(0);
  fireEvent.click(screen.getByRole("button", { name: "Save and stop" }));
  await waitFor(() => expect(stopped(api)).toBe(1));
});

it("asks before a stop when nobody can say whether programs run", async () => {
  const api = stopWith({ status: 200, body: { ...programs(), known: false } });
  expect((await screen.findByRole("dialog")).textContent).toContain("does not say which programs still run");
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(stopped(api)).toBe(0);
});

it("can be stopped while the manager is away from the question", async () => {
  const body = { title: "Away", status: 503, detail: "", reason: "manager_unavailable" };
  stopWith({ status: 503, body } as unknown as ApiAnswer<typeof PROGRAMS>);
  expect((await screen.findByRole("dialog")).textContent).toContain("It could not be seen");
});

it("names the programs that a restart ends", async () => {
  new FakeApi({ [PROGRAMS]: { status: 200, body: programs("npm run dev") } });
  showCard({ current: RUNNING });
  fireEvent.click(screen.getByRole("button", { name: "More actions" }));
  fireEvent.click(await screen.findByText("Restart …"));
  expect(await screen.findByText("npm run dev")).toBeTruthy();
});
