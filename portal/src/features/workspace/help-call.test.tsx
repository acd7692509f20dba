// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import { person } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { HelpCall } from "./help-call";
import { Messages } from "./messages";
import { Visitors } from "./visitors";

const DOWN = { can_ask: true, asked_at: null, visits: [] };

it("raises and lowers the student's hand, and says who sees it", async () => {
  const api = new FakeApi({
    "GET /api/help/": { status: 200, body: DOWN },
    "PUT /api/help/": { status: 200, body: { ...DOWN, asked_at: new Date().toISOString() } },
    "DELETE /api/help/": { status: 200, body: DOWN },
  });
  show(<HelpCall me={person({ role: "student" })} />);
  fireEvent.click(await screen.findByRole("button", { name: "I need help" }));
  expect(await screen.findByText("You asked for help just now. Your instructors see it.")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "I need no help any more" }));
  expect(await screen.findByRole("button", { name: "I need help" })).toBeTruthy();
  await waitFor(() => expect(api.changes().map(({ route }) => route)).toEqual(["PUT /api/help/", "DELETE /api/help/"]));
});

it("says who is in the workspace, and ends a visit that came by the call", async () => {
  const at = new Date().toISOString();
  const visits = [
    { name: "Ms Bell", because: "call" as const, mode: "join" as const, began_at: at, ends_at: at },
    { name: "Mr Day", because: "class" as const, mode: "join" as const, began_at: at, ends_at: at },
    { name: "Ada", because: "call" as const, mode: "look" as const, began_at: at, ends_at: at },
  ];
  const api = new FakeApi({
    "GET /api/help/": { status: 200, body: { ...DOWN, asked_at: at, visits } },
    "DELETE /api/help/": { status: 200, body: DOWN },
  });
  show(<Visitors />);
  expect(await screen.findByText("Ms Bell is in your workspace")).toBeTruthy();
  expect(screen.getByText(/Your school lets instructors in during class/)).toBeTruthy();
  expect(screen.getByText("Ada is looking at your files")).toBeTruthy();
  expect(screen.getByText(/can change nothing. You asked for help./)).toBeTruthy();
  expect(screen.getByRole("button", { name: "End the look" })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "End the visit" }));
  await waitFor(() => expect(screen.queryByText(/is in your workspace|is looking/)).toBeNull());
  expect(api.changes().map(({ route }) => route)).toEqual(["DELETE /api/help/"]);
});

it("shows what instructors wrote as plain text until it is closed", async () => {
  const message = { id: "m1", sender: "Ms Bell", text: "<b>Save</b>\nnow", sent_at: new Date().toISOString() };
  const api = new FakeApi({
    "GET /api/messages/": { status: 200, body: { items: [message] } },
    "DELETE /api/messages/{message_id}/": { status: 204, body: undefined },
  });
  show(<Messages />);
  expect(await screen.findByText("<b>Save</b>", { exact: false })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Close the message from Ms Bell" }));
  await waitFor(() => expect(screen.queryByText(/Ms Bell/)).toBeNull());
  expect(api.changes()).toEqual([{ route: "DELETE /api/messages/m1/", body: null }]);
});

it("has no button for a student without a class, whom nobody would hear", async () => {
  const api = new FakeApi({ "GET /api/help/": { status: 200, body: { ...DOWN, can_ask: false } } });
  show(<HelpCall me={person({ role: "student" })} />);
  await waitFor(() => expect(api.sent).toHaveLength(1));
  expect(screen.queryByRole("button")).toBeNull();
});
