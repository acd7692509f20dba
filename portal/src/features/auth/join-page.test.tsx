// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { OpenJoinLink } from "@/lib/api/types";
import { FakeApi, show } from "@/testing/fake-api";
import { router } from "@/testing/router";
import type { Answers, ApiAnswer } from "@/testing/routes";

import { JoinPage } from "./join-page";

const LINK = "GET /api/join/{key}/";
const JOIN = "POST /api/join/{key}/";
const ASK = "POST /api/join/{key}/invitation/";
const berlin: OpenJoinLink = {
  cohort: "Berlin-3",
  track: "FSD",
  school: "Nordlicht Bootcamp",
  domains: [],
  sends_mail: true,
  you: null,
};
const amara = (outcome: NonNullable<OpenJoinLink["you"]>["outcome"], note = "") => ({
  ...berlin,
  you: { name: "Amara", outcome, note },
});

function open(answer: OpenJoinLink | ApiAnswer<typeof LINK>, answers: Answers = {}) {
  window.history.replaceState(null, "", "/join/the-key");
  const api = new FakeApi({
    "GET /api/sign-in/": { status: 200, body: { school: "Nordlicht", providers: [], passwords: true, platform: null } },
    [LINK]: "status" in answer ? answer : { status: 200, body: answer },
    ...answers,
  });
  show(<JoinPage />);
  return api;
}

it("asks a signed-in student once, and takes them to where one click launches", async () => {
  const api = open(amara("join"), { [JOIN]: { status: 200, body: { cohort: "Berlin-3" } } });
  expect(await screen.findByRole("heading", { name: "Join Berlin-3?" })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Join Berlin-3" }));
  await waitFor(() => expect(router.replace).toHaveBeenCalledWith("/dashboard"));
  expect(api.changes()).toEqual([{ route: "POST /api/join/the-key/", body: null }]);
});

it("says what else happens to a student who moves", async () => {
  open(amara("move", "You leave Berlin-2."));
  expect(await screen.findByText(/You leave Berlin-2\. Your files/)).toBeTruthy();
});

it("says why somebody cannot join, and offers no button that would fail", async () => {
  open(amara("refused", "You are in Paris-1. Ask an instructor of that cohort to move you."));
  expect(await screen.findByText(/You are in Paris-1/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Join/ })).toBeNull();
});

it("leads a visitor to the sign-in page and back", async () => {
  open(berlin);
  const link = await screen.findByRole("link", { name: "Sign in to join" });
  expect(link.getAttribute("href")).toBe("/signin?next=%2Fjoin%2Fthe-key");
});

it("sends a link to a visitor without an account", async () => {
  const api = open({ ...berlin, domains: ["school.example"] }, { [ASK]: { status: 204, body: undefined } });
  expect(await screen.findByText(/ends in @school\.example/)).toBeTruthy();
  fireEvent.change(screen.getByLabelText("Your email address"), { target: { value: " new@school.example " } });
  fireEvent.click(screen.getByRole("button", { name: "Send me a link" }));
  expect(await screen.findByRole("heading", { name: "Check your email" })).toBeTruthy();
  expect(api.changes()[0]?.body).toEqual({ email: "new@school.example" });
});

it("says what to do where the school sends no email", async () => {
  open({ ...berlin, sends_mail: false });
  expect(await screen.findByText(/This school sends no email/)).toBeTruthy();
  expect(screen.queryByLabelText("Your email address")).toBeNull();
});

it.each([
  ["join_link_full", 409, "All places are taken"],
  ["join_link_over", 410, "This link cannot be used"],
  ["join_link_not_found", 404, "This link cannot be used"],
] as const)("tells in the server's words that a link does not work: %s", async (reason, status, title) => {
  open({ status, body: { reason, detail: "What happened.", remedy: "Ask your instructor." } });
  expect(await screen.findByRole("heading", { name: title })).toBeTruthy();
  expect(screen.getByText("What happened. Ask your instructor.")).toBeTruthy();
});
