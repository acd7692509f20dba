// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import type { Authenticator, UserSession } from "@/lib/allauth/types";
import { person } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import type { Answers } from "@/testing/routes";

import { AccountPage } from "./account-page";

const TOTP = "/account/authenticators/totp";
const CODES = "/account/authenticators/recovery-codes";
const AUTHENTICATOR: Authenticator = { type: "totp", created_at: 1, last_used_at: null };
const SETUP = { secret: "JBSWY3DPEHPK3PXP", totp_url: "otpauth://totp/School:amara?secret=JBSWY3DPEHPK3PXP" };
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const session = (id: number, is_current = false): UserSession => ({
  id,
  ip: `192.0.2.${id}`,
  user_agent: FIREFOX,
  created_at: 1,
  is_current,
});

function open(answers: Answers = {}, active: readonly Authenticator[] = []) {
  const api = new FakeApi({
    "GET /api/me/": { status: 200, body: person() },
    "GET /account/authenticators": { status: 200, body: { data: [...active] } },
    "GET /config": { status: 200, body: { data: { usersessions: { track_activity: true } } } },
    "GET /auth/sessions": { status: 200, body: { data: [session(1, true), session(2), session(3)] } },
    [`GET ${TOTP}`]: { status: 404, body: { meta: SETUP } },
    "GET /api/me/export/": { status: 200, body: { export: null } },
    ...answers,
  });
  show(<AccountPage />);
  return api;
}

/** A server that requires a confirmation by `flow` before it does anything. */
function guarded(flow: "reauthenticate" | "mfa_reauthenticate") {
  let confirmed = false;
  const flows = [{ id: flow }];
  const refused = { status: 401 as const, body: { data: { flows }, meta: { is_authenticated: true } } };
  const done = { status: 200 as const, body: {} };
  return {
    confirm: () => {
      confirmed = true;
      return done;
    },
    guard: () => (confirmed ? done : refused),
  };
}

const click = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const panel = (name: string) => within(screen.getByRole("region", { name }));

it("shows the profile that the school manages", async () => {
  open();
  await screen.findByRole("heading", { name: "Profile" });
  for (const text of ["Amara Okafor", "amara@school.example", "Nordlicht Bootcamp", "Full-stack development"])
    expect(panel("Profile").getByText(text)).toBeTruthy();
});

async function changePassword(answers: Answers) {
  const api = open(answers);
  fireEvent.change(await screen.findByLabelText("Current password"), { target: { value: "old" } });
  fireEvent.change(screen.getByLabelText("New password"), { target: { value: "new" } });
  await click("Change password");
  return api;
}

it("changes the password and empties the fields", async () => {
  const route = "POST /account/password/change";
  const api = await changePassword({ [route]: { status: 200, body: {} } });
  expect(await screen.findByText("Your password was changed.")).toBeTruthy();
  expect(api.changes()).toEqual([{ route, body: { current_password: "old", new_password: "new" } }]);
  expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("");
});

it("says at the field that the current password is wrong, and keeps what was typed", async () => {
  const error = { message: "Please type your current password.", code: "invalid", param: "current_password" };
  await changePassword({ "POST /account/password/change": { status: 400, body: { errors: [error] } } });
  expect(await screen.findByText(error.message)).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Current password"));
  expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("new");
});

async function turnOn(answers: Answers) {
  const api = open(answers);
  await click("Set up two-step sign-in");
  fireEvent.change(await screen.findByLabelText(/Enter the six digits/), { target: { value: "123 456" } });
  await click("Turn on");
  return api;
}

it("turns the second step on after a confirmation by password, and shows the recovery codes once", async () => {
  const { confirm, guard } = guarded("reauthenticate");
  const active: Authenticator[] = [];
  const codes = { total_code_count: 2, unused_code_count: 2, unused_codes: ["73120000", "73129137"] };
  const api = await turnOn({
    "GET /account/authenticators": () => ({ status: 200, body: { data: [...active] } }),
    [`POST ${TOTP}`]: () => {
      const answer = guard();
      if (answer.status === 200) active.push(AUTHENTICATOR);
      return answer;
    },
    "POST /auth/reauthenticate": confirm,
    [`GET ${CODES}`]: { status: 200, body: { data: codes } },
  });
  const dialog = within(await screen.findByRole("dialog"));
  fireEvent.change(dialog.getByLabelText("Password"), { target: { value: "a secret" } });
  fireEvent.click(dialog.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("Two-step sign-in is on.")).toBeTruthy();
  expect(await screen.findByText("73129137")).toBeTruthy();
  expect(api.changes()).toEqual([
    { route: `POST ${TOTP}`, body: { code: "123456" } },
    { route: "POST /auth/reauthenticate", body: { password: "a secret" } },
    { route: `POST ${TOTP}`, body: { code: "123456" } },
  ]);
});

it("shows the key of the authenticator app in groups of four", async () => {
  open();
  await click("Set up two-step sign-in");
  expect(await screen.findByText("JBSW Y3DP EHPK 3PXP")).toBeTruthy();
});

it("changes nothing when the confirmation is canceled", async () => {
  const api = await turnOn({ [`POST ${TOTP}`]: guarded("reauthenticate").guard });
  const dialog = within(await screen.findByRole("dialog"));
  fireEvent.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(await screen.findByText("Nothing was changed.")).toBeTruthy();
  expect(api.changes()).toHaveLength(1);
});

it("says that a code is wrong", async () => {
  const error = { message: "Incorrect code.", code: "incorrect", param: "code" };
  await turnOn({ [`POST ${TOTP}`]: { status: 400, body: { errors: [error] } } });
  expect(await screen.findByText("Incorrect code.")).toBeTruthy();
  expect(screen.queryByText("Two-step sign-in is on.")).toBeNull();
});

it("turns the second step off only after a confirmation, and accepts a code as proof", async () => {
  const { confirm, guard } = guarded("mfa_reauthenticate");
  const active = [AUTHENTICATOR];
  const api = open({
    "GET /account/authenticators": () => ({ status: 200, body: { data: [...active] } }),
    [`DELETE ${TOTP}`]: () => {
      const answer = guard();
      if (answer.status === 200) active.pop();
      return answer;
    },
    "POST /auth/2fa/reauthenticate": confirm,
  });
  await click(/Turn off two-step sign-in/);
  expect(api.changes()).toEqual([]);
  await click("Turn off");
  fireEvent.change(await screen.findByLabelText(/Code from your authenticator app/), { target: { value: "12 34" } });
  await click("Confirm");
  expect(await screen.findByRole("button", { name: "Set up two-step sign-in" })).toBeTruthy();
  expect(api.changes()[1]).toEqual({ route: "POST /auth/2fa/reauthenticate", body: { code: "1234" } });
});

it("explains that recovery codes are shown once, and creates new ones", async () => {
  const counts = { total_code_count: 10, unused_code_count: 7 };
  const renewed = { total_code_count: 10, unused_code_count: 10, unused_codes: ["81234567"] };
  open(
    {
      [`GET ${CODES}`]: { status: 200, body: { data: counts } },
      [`POST ${CODES}`]: { status: 200, body: { data: renewed } },
    },
    [AUTHENTICATOR],
  );
  await click("Show recovery codes");
  expect(await screen.findByText(/7 of 10 are unused/)).toBeTruthy();
  await click("Create new codes");
  expect(await screen.findByText("81234567")).toBeTruthy();
  expect(screen.queryByText(/7 of 10 are unused/)).toBeNull();
});

it("signs out one other browser, or all others, but never this one", async () => {
  const route = "DELETE /auth/sessions";
  const api = open({ [route]: { status: 200, body: {} } });
  const buttons = await screen.findAllByRole("button", { name: /^Sign out ?Firefox on Linux$/ });
  expect(buttons).toHaveLength(2);
  fireEvent.click(buttons[0] as HTMLElement);
  await waitFor(() => expect(api.changes()).toEqual([{ route, body: { sessions: [2] } }]));
  await click("Sign out of all other browsers");
  await waitFor(() => expect(api.changes()[1]).toEqual({ route, body: { sessions: [2, 3] } }));
});

it("says why a browser could not be signed out", async () => {
  open({ "DELETE /auth/sessions": { status: 400, body: { errors: [{ message: "Not found.", code: "missing" }] } } });
  await click("Sign out of all other browsers");
  expect((await screen.findByRole("alert")).textContent).toBe("Not found.");
});

it("requests no list of browsers when the installation keeps none", async () => {
  const api = open({ "GET /config": { status: 200, body: { data: {} } } });
  expect(await screen.findByRole("heading", { name: "This browser" })).toBeTruthy();
  expect(api.sent.map(({ route }) => route)).not.toContain("GET /auth/sessions");
});

it("signs out and leaves with a full load, even when the session had already ended", async () => {
  const flows = [{ id: "login" as const }];
  open({ "DELETE /auth/session": { status: 401, body: { data: { flows }, meta: { is_authenticated: false } } } });
  await screen.findByText("Where you are signed in");
  const replace = vi.fn();
  vi.stubGlobal("location", { origin: window.location.origin, pathname: "/account", search: "", replace });
  await click("Sign out of this browser");
  await waitFor(() => expect(replace).toHaveBeenCalledWith("/signin"));
});

it("makes a copy of one's own data, and says that it is being made", async () => {
  const copy = { id: "e", asked_at: "2026-11-30T10:00:00Z", ready_at: null, ends_at: null };
  const counts = { size_bytes: 0, files: 0, left_out: 0, failures: 0 };
  let asked = false;
  open({
    "GET /api/me/export/": () => ({ status: 200, body: { export: asked ? { ...copy, ...counts } : null } }),
    "POST /api/me/export/": () => {
      asked = true;
      return { status: 200, body: { export: { ...copy, ...counts } } };
    },
  });
  await click("Make a copy");
  expect(await panel("Your data").findByText(/is being made/)).toBeTruthy();
  expect(panel("Your data").queryByRole("button")).toBeNull();
});
