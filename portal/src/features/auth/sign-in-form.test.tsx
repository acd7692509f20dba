// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import type { Flow } from "@/lib/allauth/types";
import { FakeApi, show } from "@/testing/fake-api";
import { router } from "@/testing/router";
import type { AllauthAnswer } from "@/testing/routes";

import { CodeForm } from "./code-form";
import { SignInForm } from "./sign-in-form";

const OPTIONS = "GET /api/sign-in/";
const BEGIN = "POST /api/sign-in/{provider}/";
const SESSION = "GET /auth/session";
const byPassword = {
  status: 200 as const,
  body: { school: "Nordlicht", providers: [], passwords: true, platform: null },
};
const byProvider = (passwords: boolean) => ({
  status: 200 as const,
  body: { school: "Nordlicht", providers: [{ id: "openid", name: "Nordlicht School" }], passwords, platform: null },
});
const LOGIN = "POST /auth/login";
const CODE = "POST /auth/2fa/authenticate";

const pending = (id: Flow["id"]): Extract<AllauthAnswer<typeof LOGIN>, { status: 401 }> => ({
  status: 401,
  body: { data: { flows: [{ id, is_pending: id !== "login" }] }, meta: { is_authenticated: false } },
});

function signIn(answer: AllauthAnswer<typeof LOGIN>, address = "/signin") {
  window.history.replaceState(null, "", address);
  const api = new FakeApi({ [LOGIN]: answer, [OPTIONS]: byPassword });
  show(<SignInForm />);
  fireEvent.change(screen.getByLabelText("Email"), { target: { value: " amara@school.example " } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: " a secret " } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  return api;
}

it("signs in with the trimmed address and the password as it was typed, and opens the dashboard", async () => {
  const api = signIn({ status: 200, body: {} });
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/dashboard"));
  expect(api.changes()).toEqual([{ route: LOGIN, body: { email: "amara@school.example", password: " a secret " } }]);
});

it("returns to the page that the person wanted, but never to another site", async () => {
  signIn({ status: 200, body: {} }, "/signin?next=/account");
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/account"));
  document.body.replaceChildren();
  signIn({ status: 200, body: {} }, "/signin?next=//evil.example");
  await waitFor(() => expect(router.replace).toHaveBeenLastCalledWith("/dashboard"));
});

it("lets the browser itself load a workspace, which the portal does not serve", async () => {
  const replace = vi.fn();
  signIn({ status: 200, body: {} }, "/signin?next=/workspace/ws-abcdefghij/");
  const { origin, pathname } = window.location;
  vi.stubGlobal("location", { origin, pathname, replace });
  await waitFor(() => expect(replace).toHaveBeenCalledWith("/workspace/ws-abcdefghij/"));
  expect(router.replace).not.toHaveBeenCalled();
});

it("takes somebody who is already signed in to their dashboard", async () => {
  signIn({ status: 409, body: {} });
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/dashboard"));
});

it("says in its own words that address or password is wrong, and moves the focus to the password", async () => {
  const message = "The email address and/or password you specified are not correct.";
  signIn({ status: 400, body: { errors: [{ message, code: "invalid", param: "password" }] } });
  expect(await screen.findByText("The email address or the password is wrong.")).toBeTruthy();
  expect(screen.queryByText(message)).toBeNull();
  expect(document.activeElement).toBe(screen.getByLabelText("Password"));
  expect(router.replace).not.toHaveBeenCalled();
});

it("shows a failure that belongs to no field above the form", async () => {
  signIn({ status: 400, body: { errors: [{ message: "Too many attempts.", code: "too_many" }] } });
  expect((await screen.findByRole("alert")).textContent).toBe("Too many attempts.");
});

it("asks for a code when the account has a second step, and keeps the wanted page", async () => {
  signIn(pending("mfa_authenticate"), "/signin?next=/account");
  await waitFor(() => expect(router.push).toHaveBeenCalledWith("/signin/code?next=%2Faccount"));
  expect(router.replace).not.toHaveBeenCalled();
});

it("tells somebody with an unconfirmed address to confirm it", async () => {
  signIn(pending("verify_email"));
  expect((await screen.findByRole("alert")).textContent).toContain("Confirm your email address first.");
  expect(router.replace).not.toHaveBeenCalled();
});

it("says that the password was changed to somebody who comes from the reset page", () => {
  window.history.replaceState(null, "", "/signin?reset=done");
  new FakeApi({ [OPTIONS]: byPassword });
  show(<SignInForm />);
  expect(screen.getByRole("status").textContent).toContain("Your password was changed.");
});

function enterCode(answer: AllauthAnswer<typeof CODE>, code: string) {
  window.history.replaceState(null, "", "/signin/code?next=/account");
  const api = new FakeApi({ [CODE]: answer });
  show(<CodeForm />);
  fireEvent.change(screen.getByLabelText("Code"), { target: { value: code } });
  fireEvent.click(screen.getByRole("button", { name: "Continue" }));
  return api;
}

it("sends the code without its spaces and opens the wanted page", async () => {
  const api = enterCode({ status: 200, body: {} }, "123 456");
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/account"));
  expect(api.sent).toEqual([{ route: CODE, body: { code: "123456" } }]);
});

it("says that a code is wrong, and forgets that when another kind of code is chosen", async () => {
  enterCode({ status: 400, body: { errors: [{ message: "Incorrect code.", code: "incorrect", param: "code" }] } }, "1");
  expect(await screen.findByText("Incorrect code.")).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Code"));
  fireEvent.click(screen.getByRole("button", { name: /Use a recovery code/ }));
  expect(screen.getByLabelText("Recovery code")).toBeTruthy();
  expect(screen.queryByText("Incorrect code.")).toBeNull();
});

it("returns to the first step when the server has forgotten it", async () => {
  enterCode(pending("login"), "123456");
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/signin?next=%2Faccount"));
  expect(screen.queryByRole("alert")).toBeNull();
});

it("leads to the school's own sign-in and back to the wanted page", async () => {
  window.history.replaceState(null, "", "/signin?next=/join/the-key");
  const assign = vi.fn();
  const { origin, pathname, search } = window.location;
  const url = "https://sso.school.example/authorize";
  const api = new FakeApi({ [OPTIONS]: byProvider(true), [BEGIN]: { status: 200, body: { url } } });
  vi.stubGlobal("location", { origin, pathname, search, assign });
  show(<SignInForm />);
  fireEvent.click(await screen.findByRole("button", { name: "Continue with Nordlicht School" }));
  await waitFor(() => expect(assign).toHaveBeenCalledWith(url));
  expect(api.changes()).toEqual([{ route: "POST /api/sign-in/openid/", body: { next: "/join/the-key" } }]);
  expect(screen.getByLabelText("Password")).toBeTruthy();
});

it("shows no password field where the school has switched passwords off, but for its admin", async () => {
  window.history.replaceState(null, "", "/signin");
  new FakeApi({ [OPTIONS]: byProvider(false) });
  show(<SignInForm />);
  fireEvent.click(await screen.findByRole("button", { name: "Administrator? Use a password" }));
  expect(screen.getByLabelText("Password")).toBeTruthy();
});

it.each([
  ["email_unverified", /does not say that your email address is really yours/],
  ["not_invited", /nobody has invited it/],
  ["anything", /The sign-in did not work/],
])("says in words why a provider led to no account: %s", (code, words) => {
  window.history.replaceState(null, "", `/signin?returned=yes&next=%2Fdashboard&error=${code}`);
  new FakeApi({ [OPTIONS]: byProvider(true) });
  show(<SignInForm />);
  expect(screen.getByRole("alert").textContent).toMatch(words);
});

it.each([
  [{ status: 200, body: {} } as const, "/join/the-key"],
  [pending("mfa_authenticate"), "/signin/code?next=%2Fjoin%2Fthe-key"],
  [pending("login"), "/signin?returned=yes&error=unknown"],
])("continues after the provider has sent the person back", async (answer, there) => {
  window.history.replaceState(null, "", "/signin?returned=yes&next=%2Fjoin%2Fthe-key");
  new FakeApi({ [OPTIONS]: byProvider(true), [SESSION]: answer });
  show(<SignInForm />);
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith(there));
});

it("says from where else people come, at a school with a learning platform", async () => {
  window.history.replaceState(null, "", "/signin?error=course_not_connected");
  new FakeApi({ [OPTIONS]: { status: 200, body: { ...byPassword.body, platform: "Nordlicht Moodle" } } });
  show(<SignInForm />);
  expect(await screen.findByText("You can also open ApraNova from your course in Nordlicht Moodle.")).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toContain("not connected with a cohort yet");
});

it("says from where alone people come, at a school without passwords and providers", async () => {
  new FakeApi({
    [OPTIONS]: { status: 200, body: { ...byPassword.body, passwords: false, platform: "Nordlicht Moodle" } },
  });
  show(<SignInForm />);
  expect(
    await screen.findByText("Open ApraNova from your course in Nordlicht Moodle. That signs you in."),
  ).toBeTruthy();
  expect(screen.queryByText(/also open/)).toBeNull();
  expect(screen.queryByText("Sign in to open your workspace.")).toBeNull();
  expect(screen.getAllByRole("button").map((it) => it.textContent)).toEqual(["Administrator? Use a password"]);
});
