// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Workspace, WorkspaceKind } from "@/lib/api/types";

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

let tab: FakeTab | null;
let answer: { status: number; body: unknown };
let sent: unknown[];

beforeEach(() => {
  tab = new FakeTab();
  sent = [];
  document.cookie = "apranova_csrf=token";
  vi.stubGlobal("open", () => tab);
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "POST") sent.push(await request.json());
    return new Response(JSON.stringify(answer.body), {
      status: answer.status,
      headers: { "content-type": "application/json" },
    });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

interface Shown {
  kind?: WorkspaceKind;
  ready?: boolean;
  workspace?: Workspace | null;
  queryClient?: QueryClient;
}

function show({ kind = "vscode", ready = true, workspace = null, queryClient = new QueryClient() }: Shown = {}) {
  render(
    <QueryClientProvider client={queryClient}>
      <WorkspaceCard kind={kind} workspace={workspace} kinds={[{ kind, ready, text: ready ? "" : "Installing" }]} />
    </QueryClientProvider>,
  );
}

const launchButton = () => screen.getByRole("button", { name: /Launch Workspace/ });

it("asks first, then opens the tab, cuts its way back, and sends it to the door once that is known", async () => {
  answer = { status: 201, body: { id: "ws-abcdefghij", url: "/workspace/ws-abcdefghij/" } };
  let sentBefore = 0;
  vi.stubGlobal("open", () => {
    sentBefore = sent.length;
    return tab;
  });
  show();
  fireEvent.click(launchButton());
  await waitFor(() => expect(tab?.opener).toBeNull());
  expect(sentBefore).toBe(1);
  await waitFor(() => expect(tab?.visited).toEqual(["/workspace/ws-abcdefghij/"]));
});

it("goes to the door only when the launch is answered: the door would launch a second time beside it", async () => {
  const workspace = {
    id: "ws-abcdefghij",
    kind: "vscode",
    state: "stopped",
    url: "/workspace/ws-abcdefghij/",
    steps: [],
  } as unknown as Workspace;
  let answered = () => {};
  vi.stubGlobal(
    "fetch",
    () =>
      new Promise((resolve) => {
        answered = () => resolve(new Response(JSON.stringify(workspace), { status: 200 }));
      }),
  );
  show({ workspace });
  fireEvent.click(launchButton());
  await waitFor(() => expect(tab?.opener).toBeNull());
  expect(tab?.visited).toEqual([]);
  answered();
  await waitFor(() => expect(tab?.visited).toEqual(["/workspace/ws-abcdefghij/"]));
});

it("closes the tab again and says why when the launch is refused", async () => {
  answer = { status: 503, body: { detail: "The workspaces cannot be reached.", reason: "manager_unavailable" } };
  show();
  fireEvent.click(launchButton());
  expect((await screen.findByRole("alert")).textContent).toContain("The workspaces cannot be reached.");
  expect(tab?.closed).toBe(true);
});

it("says why another kind than the track's is refused, and looks up what the account may have by now", async () => {
  const detail = "Your track works with VS Code; Superset is not part of it.";
  answer = { status: 403, body: { detail, reason: "kind_not_allowed", remedy: "Ask your instructor." } };
  const queryClient = new QueryClient();
  queryClient.setQueryData(["me"], { track: "DP" });
  show({ kind: "superset", queryClient });
  fireEvent.click(launchButton());
  expect((await screen.findByRole("alert")).textContent).toContain(`${detail} Ask your instructor.`);
  expect(tab?.closed).toBe(true);
  expect(queryClient.getQueryState(["me"])?.isInvalidated).toBe(true);
});

it("asks for the kind of its card, and names it", async () => {
  answer = { status: 201, body: { id: "ws-abcdefghij", url: "/workspace/ws-abcdefghij/" } };
  show({ kind: "superset" });
  expect(screen.getByRole("heading", { name: "Apache Superset" })).toBeTruthy();
  fireEvent.click(launchButton());
  await waitFor(() => expect(sent).toEqual([{ kind: "superset" }]));
});

it("starts a new workspace beside a deleted one, and waits for its address", async () => {
  answer = { status: 201, body: { id: "ws-bbbbbbbbbb", url: "/workspace/ws-bbbbbbbbbb/" } };
  const deleted = {
    id: "ws-abcdefghij",
    kind: "vscode",
    state: "deleted",
    url: "/workspace/ws-abcdefghij/",
    purge_at: null,
  } as unknown as Workspace;
  show({ workspace: deleted });
  fireEvent.click(screen.getByRole("button", { name: /Start with a new one/ }));
  await waitFor(() => expect(tab?.visited).toEqual(["/workspace/ws-bbbbbbbbbb/"]));
});

it("launches even when the browser does not allow the tab", async () => {
  tab = null;
  answer = { status: 201, body: { id: "ws-abcdefghij", url: "/workspace/ws-abcdefghij/" } };
  show();
  fireEvent.click(launchButton());
  await waitFor(() => expect(launchButton().getAttribute("aria-busy")).toBeNull());
  expect(screen.queryByRole("alert")).toBeNull();
});

it("does nothing while the kind is not ready, but can still be focused and says why", () => {
  const opened = vi.fn(() => null);
  vi.stubGlobal("open", opened);
  show({ ready: false });
  fireEvent.click(launchButton());
  expect(opened).not.toHaveBeenCalled();
  expect(launchButton().hasAttribute("disabled")).toBe(false);
  expect(document.getElementById(launchButton().getAttribute("aria-describedby") ?? "")?.textContent).toBe(
    "Installing",
  );
});
