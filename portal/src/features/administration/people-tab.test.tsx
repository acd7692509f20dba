// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";

import type { Person } from "@/lib/api/types";
import { person as me } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { PeopleTab } from "./people-tab";

const LIST = "GET /api/console/people/";
const RESET = "POST /api/console/people/{person_id}/reset-second-factor/";
const COPY = "/api/console/people/{person_id}/export/";
const ADMIN = {
  "GET /api/me/": { status: 200 as const, body: me({ role: "admin", track: null }) },
  "GET /api/cohorts/": { status: 200 as const, body: { items: [] } },
};

const ben = (fields: Partial<Person> = {}): Person => ({
  id: "b",
  name: "Ben",
  email: "ben@school.example",
  role: "student",
  track: "FSD",
  active: true,
  cohort: null,
  second_factor: true,
  seen_at: null,
  workspaces: 1,
  erasure: null,
  ...fields,
});
const page = (...items: Person[]) => ({
  status: 200 as const,
  body: { items, total: items.length, per_page: 50, erase_grace_days: 14 },
});

it("resets a second factor after the admin has proved who they are", async () => {
  let proved = false;
  const api = new FakeApi({
    ...ADMIN,
    [LIST]: page(ben()),
    [RESET]: () =>
      proved
        ? { status: 200, body: ben({ second_factor: false }) }
        : { status: 403, body: { detail: "Please confirm.", reason: "reauthentication_required" } },
    "POST /auth/reauthenticate": () => {
      proved = true;
      return { status: 200, body: {} };
    },
  });
  show(<PeopleTab />);
  fireEvent.click(await screen.findByRole("button", { name: "Actions for Ben" }));
  fireEvent.click(screen.getByRole("menuitem", { name: "Reset two-step sign-in …" }));
  expect(screen.getByRole("dialog").textContent).toContain("Make sure that it is really them who ask.");
  fireEvent.click(screen.getByRole("button", { name: "Reset" }));
  fireEvent.change(await screen.findByLabelText("Password"), { target: { value: "secret" } });
  fireEvent.click(screen.getByRole("button", { name: "Confirm" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Ben can sign in without a code now.");
  expect(api.changes().map(({ route }) => route)).toEqual([
    "POST /api/console/people/b/reset-second-factor/",
    "POST /auth/reauthenticate",
    "POST /api/console/people/b/reset-second-factor/",
  ]);
});

it("offers what makes sense for the person, and nothing for oneself", async () => {
  const nobody = ben({ active: false, second_factor: false, workspaces: 0 });
  new FakeApi({ ...ADMIN, [LIST]: page(nobody, ben({ id: "1", name: "Amara Okafor", role: "admin", track: null })) });
  show(<PeopleTab />);
  expect(await screen.findByText("Deactivated", { selector: "span" })).toBeTruthy();
  fireEvent.click(await screen.findByRole("button", { name: "Actions for Ben" }));
  expect(
    within(screen.getByRole("menu"))
      .getAllByRole("menuitem")
      .map((it) => it.textContent),
  ).toEqual(["Copy of their data …", "Reactivate …", "Erase …"]);
  expect(screen.queryByRole("button", { name: "Actions for Amara Okafor" })).toBeNull();
});

it("asks the server for those that the filters name", async () => {
  const asked: string[] = [];
  new FakeApi({ ...ADMIN, [LIST]: page() });
  const fetched = globalThis.fetch;
  globalThis.fetch = (request, init) => {
    if (request instanceof Request) asked.push(new URL(request.url).search);
    return fetched(request, init);
  };
  show(<PeopleTab />);
  fireEvent.change(await screen.findByLabelText("Role"), { target: { value: "instructor" } });
  fireEvent.change(screen.getByLabelText("Last seen"), { target: { value: "not_for_month" } });
  await waitFor(() => expect(asked.at(-1)).toBe("?q=&page=1&role=instructor&seen=not_for_month"));
});

it("makes a copy of a person's data after the admin has proved who they are, and lets it be saved", async () => {
  let proved = false;
  let asked = false;
  const copy = { id: "e", asked_at: "2026-11-30T10:00:00Z", ready_at: null, ends_at: null };
  const ready = { ready_at: "2026-11-30T10:01:00Z", ends_at: "2026-12-07T10:01:00Z" };
  const counts = { size_bytes: 1_200_000, files: 3, left_out: 1, failures: 0 };
  const api = new FakeApi({
    ...ADMIN,
    [LIST]: page(ben()),
    [`GET ${COPY}`]: () => ({ status: 200, body: { export: asked ? { ...copy, ...ready, ...counts } : null } }),
    [`POST ${COPY}`]: () => {
      asked = proved;
      return proved
        ? { status: 200, body: { export: { ...copy, ...counts } } }
        : { status: 403, body: { detail: "Please confirm.", reason: "reauthentication_required" } };
    },
    "POST /auth/reauthenticate": () => {
      proved = true;
      return { status: 200, body: {} };
    },
  });
  show(<PeopleTab />);
  fireEvent.click(await screen.findByRole("button", { name: "Actions for Ben" }));
  fireEvent.click(screen.getByRole("menuitem", { name: "Copy of their data …" }));
  fireEvent.click(await screen.findByRole("button", { name: "Make a copy" }));
  fireEvent.change(await screen.findByLabelText("Password"), { target: { value: "secret" } });
  fireEvent.click(screen.getByRole("button", { name: "Confirm" }));
  const link = await screen.findByRole("link", { name: "Download" });
  expect(link.getAttribute("href")).toBe("/api/console/people/b/export/e/file/");
  expect(screen.getByText(/left out.csv/)).toBeTruthy();
  expect(api.changes().map(({ route }) => route)).toEqual([
    "POST /api/console/people/b/export/",
    "POST /auth/reauthenticate",
    "POST /api/console/people/b/export/",
  ]);
});

it("erases a person whose name is typed, says until when it can be taken back, and takes it back", async () => {
  const due = { due_at: "2026-12-14T10:00:00Z", begun_at: null, problem: "" };
  let erasure: Person["erasure"] = null;
  const now = () => ben({ active: erasure === null, erasure });
  const api = new FakeApi({
    ...ADMIN,
    [LIST]: () => page(now()),
    "POST /api/console/people/{person_id}/erase/": () => {
      erasure = due;
      return { status: 200, body: now() };
    },
    "DELETE /api/console/people/{person_id}/erase/": () => {
      erasure = null;
      return { status: 200, body: now() };
    },
  });
  show(<PeopleTab />);
  fireEvent.click(await screen.findByRole("button", { name: "Actions for Ben" }));
  fireEvent.click(screen.getByRole("menuitem", { name: "Erase …" }));
  expect(screen.getByRole("dialog").textContent).toContain("For 14 days you can take this back.");
  fireEvent.click(screen.getByRole("button", { name: "Erase person" }));
  expect(api.changes()).toEqual([]);
  fireEvent.change(screen.getByLabelText("Name of the person"), { target: { value: "Ben" } });
  fireEvent.click(screen.getByRole("button", { name: "Erase person" }));
  expect(await screen.findByText("To be erased")).toBeTruthy();
  expect(screen.getByText(/Until then you can take it back/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Actions for Ben" }));
  expect(screen.queryByRole("menuitem", { name: "Reactivate …" })).toBeNull();
  fireEvent.click(screen.getByRole("menuitem", { name: "Take the erasure back …" }));
  fireEvent.click(screen.getByRole("button", { name: "Keep this person" }));
  expect(await screen.findByText("Ben is not erased.")).toBeTruthy();
  expect(api.changes()).toEqual([
    { route: "POST /api/console/people/b/erase/", body: { name: "Ben" } },
    { route: "DELETE /api/console/people/b/erase/", body: null },
  ]);
});

it("offers no way back once the erasing has begun, and says what it waits for", async () => {
  const erasure = { due_at: "2026-11-14T10:00:00Z", begun_at: "2026-11-14T10:00:01Z", problem: "Files are removed." };
  new FakeApi({ ...ADMIN, [LIST]: page(ben({ active: false, erasure, second_factor: false, workspaces: 0 })) });
  show(<PeopleTab />);
  expect(await screen.findByText("Is being erased, which is not done yet: Files are removed.")).toBeTruthy();
  fireEvent.click(await screen.findByRole("button", { name: "Actions for Ben" }));
  const offered = screen.getAllByRole("menuitem").map((it) => it.textContent);
  expect(offered).toEqual(["Copy of their data …"]);
});
