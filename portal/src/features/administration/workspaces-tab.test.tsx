// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { person, workspaceRow } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import { FakeSource } from "@/testing/fake-source";

import { Administration } from "./administration";
import { WorkspacesTab } from "./workspaces-tab";

const LIST = "GET /api/console/workspaces/";
const PROGRAMS = "GET /api/console/workspaces/programs/";
const STOP = "POST /api/console/workspaces/stop/";
const COHORTS = { "GET /api/cohorts/": { status: 200 as const, body: { items: [] } } };

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
    FakeSource.opened[0]?.send("workspaces", data);
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
    FakeSource.opened[0]?.send("workspaces", data);
  });
  await waitFor(() => expect(screen.queryByText("Ben")).toBeNull());
  expect(api.sent.filter(({ route }) => route === PROGRAMS)).toHaveLength(1);
});

const LIVE = "/api/console/workspaces/events/?q=&up=true&page=1";
/** A page of a large school; of three on it the fifth student's is stopping. */
const many = (...numbers: number[]) => ({
  items: numbers.map((number) =>
    workspaceRow({
      id: `ws-${number}`,
      owner: { id: `${number}`, name: `Student ${number}`, email: `s${number}@school.example`, active: true },
      state: number === 5 && numbers.length < 4 ? "stopping" : "running",
    }),
  ),
  total: 1000 + numbers.length,
  per_page: 50,
});
const names = () =>
  within(screen.getByRole("list", { name: "Workspaces" }))
    .getAllByRole("listitem")
    .map((row) => row.querySelector("p span")?.textContent);
const tell = (...numbers: number[]) =>
  act(() => FakeSource.of(LIVE).send("workspaces", JSON.stringify(many(...numbers))));

it("moves no row while somebody points at the list or is in it with the keyboard", async () => {
  new FakeApi({ ...COHORTS, [LIST]: { status: 200, body: many(3, 4, 5, 6) } });
  show(<WorkspacesTab />);
  expect(await screen.findByText("Student 3")).toBeTruthy();
  const row = screen.getByText("Student 4");
  fireEvent.pointerOver(row);
  tell(1, 5, 6);
  await waitFor(() => expect(screen.getByText("Stopping")).toBeTruthy());
  expect(names()).toEqual(["Student 3", "Student 4", "Student 5", "Student 6"]);
  expect(screen.getByText(/Others have come or gone/)).toBeTruthy();
  fireEvent.pointerOut(row, { relatedTarget: document.body });
  await waitFor(() => expect(names()).toEqual(["Student 1", "Student 5", "Student 6"]));
  expect(screen.queryByText(/Others have come or gone/)).toBeNull();

  const box = screen.getByRole("checkbox", { name: "Choose the Visual Studio Code of Student 6" });
  act(() => box.focus());
  tell(6, 7, 8, 9);
  tell(7, 8, 9, 10);
  await waitFor(() => expect(screen.getByText(/Others have come or gone/)).toBeTruthy());
  expect(names()).toEqual(["Student 1", "Student 5", "Student 6"]);
  expect(document.activeElement).toBe(box);
  act(() => box.blur());
  await waitFor(() => expect(names()).toEqual(["Student 7", "Student 8", "Student 9", "Student 10"]));
});

it("shows what a search finds although somebody points at the list", async () => {
  let found = many(3, 4, 5, 6);
  new FakeApi({ ...COHORTS, [LIST]: () => ({ status: 200, body: found }) });
  show(<WorkspacesTab />);
  fireEvent.pointerOver(await screen.findByText("Student 4"));
  found = many(1, 2);
  fireEvent.change(screen.getByLabelText("Show"), { target: { value: "all" } });
  await waitFor(() => expect(names()).toEqual(["Student 1", "Student 2"]));
});

it("announces the count once for a search, not each time that somebody comes or goes", async () => {
  new FakeApi({ ...COHORTS, [LIST]: { status: 200, body: many(3, 4, 5, 6) } });
  show(<WorkspacesTab />);
  const count = await screen.findByText("1–4 of 1,004");
  expect(count.getAttribute("aria-live")).toBe("polite");
  tell(3, 4, 6);
  await waitFor(() => expect(count.textContent).toBe("1–3 of 1,003"));
  expect(count.getAttribute("aria-live")).toBe("off");
});

it("asks the server for nothing while its stream tells what changes", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const api = new FakeApi({ ...COHORTS, [LIST]: { status: 200, body: many(3, 4, 5, 6) } });
  show(<WorkspacesTab />);
  expect(await screen.findByText("Student 3")).toBeTruthy();
  act(() => FakeSource.of(LIVE).send("open", ""));
  const asked = api.sent.length;
  for (let second = 0; second < 20; second++) {
    tell(3, 4, 5 + second, 6 + second, 7 + second);
    await act(() => vi.advanceTimersByTimeAsync(1_000));
  }
  vi.useRealTimers();
  expect(names()).toEqual(["Student 3", "Student 4", "Student 24", "Student 25", "Student 26"]);
  expect(api.sent).toHaveLength(asked);
});

it("begins with a person's workspaces when a link names them", async () => {
  window.history.replaceState(null, "", "/administration/workspaces?q=ben%40school.example");
  new FakeApi({ ...COHORTS, [LIST]: { status: 200, body: page([]) } });
  show(<WorkspacesTab />);
  expect(await screen.findByText("Nothing found")).toBeTruthy();
  expect(FakeSource.opened[0]?.url).toBe("/api/console/workspaces/events/?q=ben%40school.example&up=false&page=1");
  expect(screen.getByLabelText<HTMLInputElement>("Search").value).toBe("ben@school.example");
});
