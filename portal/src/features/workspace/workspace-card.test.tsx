// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

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

beforeEach(() => {
  tab = new FakeTab();
  document.cookie = "apranova_csrf=token";
  vi.stubGlobal("open", () => tab);
  vi.stubGlobal("fetch", () =>
    Promise.resolve(
      new Response(JSON.stringify(answer.body), {
        status: answer.status,
        headers: { "content-type": "application/json" },
      }),
    ),
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(ready = true) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <WorkspaceCard
        kind="vscode"
        workspace={null}
        kinds={[{ kind: "vscode", ready, text: ready ? "" : "Installing" }]}
      />
    </QueryClientProvider>,
  );
}

const launchButton = () => screen.getByRole("button", { name: /Launch Workspace/ });

it("opens the tab within the click, cuts its way back, and sends it to the door once that is known", async () => {
  answer = { status: 201, body: { id: "ws-abcdefghij", url: "/workspace/ws-abcdefghij/" } };
  show();
  fireEvent.click(launchButton());
  expect(tab?.opener).toBeNull();
  await waitFor(() => expect(tab?.visited).toEqual(["/workspace/ws-abcdefghij/"]));
});

it("closes the tab again and says why when the launch is refused", async () => {
  answer = { status: 503, body: { detail: "The workspaces cannot be reached.", reason: "manager_unavailable" } };
  show();
  fireEvent.click(launchButton());
  expect((await screen.findByRole("alert")).textContent).toContain("The workspaces cannot be reached.");
  expect(tab?.closed).toBe(true);
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
  show(false);
  fireEvent.click(launchButton());
  expect(opened).not.toHaveBeenCalled();
  expect(launchButton().hasAttribute("disabled")).toBe(false);
  expect(document.getElementById(launchButton().getAttribute("aria-describedby") ?? "")?.textContent).toBe(
    "Installing",
  );
});
