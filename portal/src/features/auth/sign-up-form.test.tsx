// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import { FakeApi, show } from "@/testing/fake-api";
import { router } from "@/testing/router";
import type { AllauthAnswer, Answers } from "@/testing/routes";

import { SignUp } from "./sign-up-form";

const INVITATION = "GET /api/invitations/{key}/";
const SIGN_UP = "POST /auth/signup";
const invited: Answers = {
  [INVITATION]: {
    status: 200,
    body: {
      email: "amara@school.example",
      name: "Amara Okafor",
      role: "student",
      track: "FSD",
      cohort: "Berlin-3",
      school: "Nordlicht Bootcamp",
      expires_at: "2026-11-15T00:00:00Z",
    },
  },
};

function open(answers: Answers, address = "/signup?invitation=the-key") {
  window.history.replaceState(null, "", address);
  const api = new FakeApi({
    "GET /api/sign-in/": { status: 200, body: { school: "Nordlicht", providers: [], passwords: true, platform: null } },
    ...answers,
  });
  show(<SignUp />);
  return api;
}

async function signUp(answer: AllauthAnswer<typeof SIGN_UP>) {
  const api = open({ ...invited, [SIGN_UP]: answer });
  fireEvent.change(await screen.findByLabelText("Your name"), { target: { value: " Amara Okafor " } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: "four random words" } });
  fireEvent.click(screen.getByRole("button", { name: "Create account" }));
  return api;
}

it.each(["/signup", "/signup?invitation="])(
  "explains at %s that an invitation is needed, and asks nothing",
  (address) => {
    const api = open({}, address);
    expect(screen.getByRole("heading", { name: "You need an invitation" })).toBeTruthy();
    expect(api.sent).toEqual([]);
  },
);

it("shows who is invited as what, with an address that cannot be changed", async () => {
  const api = open(invited);
  expect(await screen.findByRole("heading", { name: "Join Nordlicht Bootcamp" })).toBeTruthy();
  expect(screen.getByText(/invited as a student \(Full-stack development\)/)).toBeTruthy();
  const email = screen.getByLabelText<HTMLInputElement>("Email");
  expect([email.value, email.readOnly]).toEqual(["amara@school.example", true]);
  expect(api.sent.map(({ route }) => route)).toEqual(["GET /api/invitations/the-key/", "GET /api/sign-in/"]);
});

it("creates the account with the invitation and opens the dashboard", async () => {
  const api = await signUp({ status: 200, body: {} });
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/dashboard"));
  const body = {
    email: "amara@school.example",
    name: "Amara Okafor",
    password: "four random words",
    invitation: "the-key",
  };
  expect(api.changes()).toEqual([{ route: SIGN_UP, body }]);
});

it("says at the field why a password is refused", async () => {
  const message = "This password is too common.";
  await signUp({ status: 400, body: { errors: [{ message, code: "password_too_common", param: "password" }] } });
  expect(await screen.findByText(message)).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Password"));
  expect(router.replace).not.toHaveBeenCalled();
});

it("says above the form what is wrong with a value that has no field", async () => {
  const message = "This invitation was used.";
  await signUp({ status: 400, body: { errors: [{ message, code: "invalid", param: "invitation" }] } });
  expect((await screen.findByRole("alert")).textContent).toBe(message);
});

it("asks to confirm the address where the server requires it", async () => {
  const flows = [{ id: "verify_email", is_pending: true }] as const;
  await signUp({ status: 401, body: { data: { flows: [...flows] }, meta: { is_authenticated: false } } });
  expect(await screen.findByRole("heading", { name: "Check your email" })).toBeTruthy();
  expect(router.replace).not.toHaveBeenCalled();
});

it("sends somebody with a used or wrong link to the sign-in page", async () => {
  open({ [INVITATION]: { status: 404, body: { detail: "This invitation does not exist.", reason: "not_found" } } });
  expect(await screen.findByRole("heading", { name: "This invitation no longer works" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Go to sign in" }).getAttribute("href")).toBe("/signin");
});

it("does not call an invitation bad while the server is unavailable, and looks again", async () => {
  const api = open({ [INVITATION]: { status: 503, body: { detail: "Not available.", reason: "unavailable" } } });
  expect(await screen.findByRole("heading", { name: "We could not look up your invitation" })).toBeTruthy();
  Object.assign(api.answers, invited);
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByLabelText("Your name")).toBeTruthy();
});
