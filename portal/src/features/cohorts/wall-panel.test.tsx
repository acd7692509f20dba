// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import type { Tile } from "@/lib/api/types";
import { cohort, COHORT_ID, person } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import { FakeSource } from "@/testing/fake-source";

import { WallPanel } from "./wall-panel";

const WALL = "GET /api/cohorts/{cohort_id}/wall/";
const START = "POST /api/cohorts/{cohort_id}/workspaces/start/";
const SEND = "POST /api/cohorts/{cohort_id}/messages/";
const VISIT = "POST /api/cohorts/{cohort_id}/members/{student_id}/visit/";
const LEAVE = "DELETE /api/cohorts/{cohort_id}/members/{student_id}/visit/";
const HELPED = "DELETE /api/cohorts/{cohort_id}/members/{student_id}/help/";
const MEMBER = {
  id: "a1",
  name: "Amira Okafor",
  email: "a@school.example",
  active: true,
  joined_at: "2026-11-01T00:00:00Z",
};

function tile(name: string, changes: Partial<Tile> = {}): Tile {
  const nothing = {
    state: null,
    activity: null,
    running_since: null,
    failure: null,
    asked_at: null,
    helpers: [],
    may_open: false,
    may_look: false,
  };
  return { student: { id: name.toLowerCase(), name }, ...nothing, ...changes };
}

const names = () => screen.getAllByRole("listitem").map((item) => item.querySelector("p")?.textContent);

it("shows what the stream tells at once, who asks for help first", async () => {
  new FakeApi({ [WALL]: { status: 200, body: { items: [tile("Amira"), tile("Ben")] } } });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  await waitFor(() => expect(names()).toEqual(["Amira", "Ben"]));
  const [stream] = FakeSource.opened;
  expect(stream?.url).toBe(`/api/cohorts/${COHORT_ID}/wall/events/`);
  const items = [tile("Amira"), tile("Ben", { asked_at: new Date().toISOString() })];
  act(() => {
    stream?.send("wall", JSON.stringify({ items }));
  });
  await waitFor(() => expect(names()).toEqual(["Ben", "Amira"]));
  expect(screen.getByText("Asked for help just now")).toBeTruthy();
  expect(screen.getByRole("status").textContent).toBe("1 asks for help · 1 not working");
});

it("lowers the hand of a student who has been helped, and hides names", async () => {
  const asking = tile("Ben", { asked_at: new Date().toISOString() });
  const api = new FakeApi({
    [WALL]: { status: 200, body: { items: [asking] } },
    [HELPED]: { status: 204, body: undefined },
  });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  fireEvent.click(await screen.findByRole("button", { name: "Ben has been helped" }));
  await waitFor(() =>
    expect(api.changes()).toEqual([{ route: `DELETE /api/cohorts/${COHORT_ID}/members/ben/help/`, body: null }]),
  );
  fireEvent.click(screen.getByRole("button", { name: "Hide names" }));
  expect(within(screen.getByRole("list")).queryByText("Ben")).toBeNull();
  expect(screen.getByText("Student 1")).toBeTruthy();
});

it("sends a message to the class or to one student, and says to whom", async () => {
  const api = new FakeApi({
    [WALL]: { status: 200, body: { items: [tile("Ben"), tile("Cleo")] } },
    [SEND]: (_, { student_id }) => ({ status: 200, body: { reached: student_id == null ? 2 : 1 } }),
  });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  const send = async (button: string, text: string) => {
    fireEvent.click(await screen.findByRole("button", { name: button }));
    fireEvent.change(screen.getByLabelText("Message"), { target: { value: text } });
    fireEvent.click(screen.getByRole("button", { name: "Send" }));
    return (await screen.findByRole("alert")).textContent;
  };
  expect(await send("Write to the class", "Five more minutes")).toBe("Your message is sent to 2 students.");
  await send("Write to Ben", "Well done");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("Your message is sent to Ben."));
  const route = `POST /api/cohorts/${COHORT_ID}/messages/`;
  expect(api.changes()).toEqual([
    { route, body: { text: "Five more minutes", student_id: null } },
    { route, body: { text: "Well done", student_id: "ben" } },
  ]);
});

it("opens a student's workspace in a tab of its own, says who is there, and leaves", async () => {
  const tab = { opener: window, document: { title: "" }, location: { replace: vi.fn() }, close: vi.fn() };
  vi.stubGlobal("open", () => tab);
  const helped = tile("Ben", {
    state: "running",
    may_open: true,
    helpers: [{ id: person().id, name: "Ms Bell", mode: "join" as const }],
  });
  const url = "http://localhost:8080/api/door/ws-aaaaaaaaaa/";
  const api = new FakeApi({
    "GET /api/me/": { status: 200, body: person({ role: "instructor" }) },
    [WALL]: { status: 200, body: { items: [helped, tile("Cleo")] } },
    [VISIT]: { status: 200, body: { url, ends_at: new Date().toISOString() } },
    [LEAVE]: { status: 204, body: undefined },
  });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  expect(await screen.findByText("Ms Bell is helping")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Open the workspace of Cleo" })).toBeNull();
  fireEvent.click(await screen.findByRole("button", { name: "Open the workspace of Ben" }));
  await waitFor(() => expect(tab.location.replace).toHaveBeenCalledWith(new URL(url)));
  expect(tab.opener, "code in a workspace must not reach the portal's tab").toBeNull();
  fireEvent.click(await screen.findByRole("button", { name: "Leave the workspace of Ben" }));
  const route = `/api/cohorts/${COHORT_ID}/members/ben/visit/`;
  await waitFor(() => expect(api.changes().map((it) => it.route)).toEqual([`POST ${route}`, `DELETE ${route}`]));
});

it("leads to a student's files where that is allowed, and says who looks at them", async () => {
  const helpers = [{ id: "other", name: "Mr Day", mode: "look" as const }];
  new FakeApi({
    "GET /api/me/": { status: 200, body: person({ role: "assistant" }) },
    [WALL]: {
      status: 200,
      body: {
        items: [
          tile("Ben", { state: "running", may_open: true, may_look: true, helpers }),
          tile("Cleo", { state: "running", may_open: true }),
        ],
      },
    },
  });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  expect(await screen.findByText("Mr Day is looking")).toBeTruthy();
  const link = await screen.findByRole("link", { name: "Look at the files of Ben" });
  expect(link.getAttribute("href")).toBe(`/cohorts/${COHORT_ID}/students/ben/look`);
  expect(screen.queryByRole("link", { name: "Look at the files of Cleo" }), "its files cannot be read").toBeNull();
});

it("keeps the keyboard in the class when the button that had it goes", async () => {
  const asking = tile("Ben", { asked_at: new Date().toISOString() });
  new FakeApi({ [WALL]: { status: 200, body: { items: [asking] } } });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  (await screen.findByRole("button", { name: "Ben has been helped" })).focus();
  act(() => {
    const data = JSON.stringify({ items: [tile("Ben")] });
    FakeSource.opened[0]?.send("wall", data);
  });
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("list", { name: "The class right now" })));
});

it("does not say for the rest of the day that workspaces are being started", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const body = { changed: 1, failed: 0, failure: "" };
  new FakeApi({ [WALL]: { status: 200, body: { items: [tile("Ben")] } }, [START]: { status: 200, body } });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  fireEvent.click(screen.getByRole("button", { name: "Workspaces of the class" }));
  fireEvent.click(screen.getByRole("menuitem", { name: /^Start/ }));
  fireEvent.click(screen.getByRole("button", { name: "Start" }));
  expect((await screen.findByRole("alert")).textContent).toBe("1 workspace is being started.");
  await act(() => vi.advanceTimersByTimeAsync(80_000));
  expect(screen.queryByRole("alert")).toBeNull();
  vi.useRealTimers();
});

it("offers no admin to open a student's workspace: only who teaches may", async () => {
  const api = new FakeApi({
    "GET /api/me/": { status: 200, body: person({ role: "admin" }) },
    [WALL]: { status: 200, body: { items: [tile("Ben", { state: "running", may_open: true })] } },
  });
  show(<WallPanel cohort={cohort({ members: [MEMBER] })} />);
  expect(await screen.findByText("Ben")).toBeTruthy();
  await waitFor(() => expect(screen.queryByRole("button", { name: "Open the workspace of Ben" })).toBeNull());
  expect(api.changes()).toEqual([]);
});
