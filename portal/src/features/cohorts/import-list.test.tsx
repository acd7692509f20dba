// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";

import type { PendingInvitation, RosterLine } from "@/lib/api/types";
import { cohort, COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";
import type { Answers } from "@/testing/routes";

import { MembersPanel } from "./members-panel";

const PREVIEW = "POST /api/cohorts/{cohort_id}/roster/preview/";
const IMPORT = "POST /api/cohorts/{cohort_id}/roster/";
const PENDING = "GET /api/cohorts/{cohort_id}/invitations/";
const nobody: Answers = {
  "GET /api/cohorts/{cohort_id}/candidates/": { status: 200, body: { items: [] } },
  [PENDING]: { status: 200, body: { items: [] } },
};

function line(number: number, outcome: RosterLine["outcome"], note = ""): RosterLine {
  return { number, email: `s${number}@school.example`, name: "", outcome, note };
}

function invitation(fields: Partial<PendingInvitation> = {}): PendingInvitation {
  return {
    id: "i1",
    email: "new@school.example",
    name: "Noor New",
    created_at: new Date().toISOString(),
    expires_at: "2126-12-13T00:00:00Z",
    expired: false,
    mail: "sent",
    mail_problem: "",
    ...fields,
  };
}

function check(text: string) {
  fireEvent.click(screen.getByRole("button", { name: "Import a list" }));
  fireEvent.change(screen.getByLabelText("Names and email addresses"), { target: { value: text } });
  fireEvent.click(screen.getByRole("button", { name: "Check the list" }));
}

it("shows what will happen to each line, and imports it only on request", async () => {
  const lines = [line(2, "invite"), line(3, "refused", "this is not an e-mail address"), line(4, "here")];
  const body = { lines, missing: [{ id: "m1", name: "Mika", email: "mika@school.example" }] };
  const api = new FakeApi({ ...nobody, [PREVIEW]: { status: 200, body }, [IMPORT]: { status: 200, body } });
  show(<MembersPanel cohort={cohort()} />);
  check("Email\ns2@school.example");
  const shown = await screen.findByRole("region", { name: "The list: 3 lines" });
  expect(within(shown).getByText("1 line cannot be used")).toBeTruthy();
  expect(within(shown).getByText("this is not an e-mail address", { exact: false })).toBeTruthy();
  expect(within(shown).getByText("1 student of this cohort is not in the list, and stays")).toBeTruthy();
  expect(api.changes().map(({ route }) => route)).toEqual([`POST /api/cohorts/${COHORT_ID}/roster/preview/`]);

  fireEvent.click(screen.getByRole("button", { name: "Import 1 student" }));
  expect(await screen.findByText("1 person is invited, 1 line was left out.")).toBeTruthy();
  expect(api.changes()[1]).toEqual({
    route: `POST /api/cohorts/${COHORT_ID}/roster/`,
    body: { content: "Email\ns2@school.example" },
  });
});

it("imports nothing when the list changes nothing", async () => {
  const api = new FakeApi({ ...nobody, [PREVIEW]: { status: 200, body: { lines: [line(2, "here")], missing: [] } } });
  show(<MembersPanel cohort={cohort()} />);
  check("s2@school.example");
  fireEvent.click(await screen.findByRole("button", { name: "Nothing to import" }));
  expect(api.changes()).toHaveLength(1);
});

it("says why a list cannot be used", async () => {
  const detail = "No column has email addresses.";
  new FakeApi({ ...nobody, [PREVIEW]: { status: 422, body: { detail, reason: "no_roster" } } });
  show(<MembersPanel cohort={cohort()} />);
  check("Name\nAda");
  expect(await screen.findByText(detail)).toBeTruthy();
});

it("sends a file as its bytes", async () => {
  const api = new FakeApi({ ...nobody, [PREVIEW]: { status: 200, body: { lines: [line(2, "invite")], missing: [] } } });
  show(<MembersPanel cohort={cohort()} />);
  fireEvent.click(screen.getByRole("button", { name: "Import a list" }));
  const file = new File(["Email\na@b.example"], "class.csv");
  fireEvent.change(screen.getByLabelText("List of students"), { target: { files: [file] } });
  expect(await screen.findByRole("region", { name: "class.csv: 1 line" })).toBeTruthy();
  expect(api.changes()[0]?.body).toEqual({ content: "", file: btoa("Email\na@b.example") });
});

it("tells of each invitation how its mail fares, and sends, shows and revokes it", async () => {
  const items = [
    invitation(),
    invitation({
      id: "i2",
      email: "bad@school.example",
      name: "",
      mail: "failed",
      mail_problem: "The server refused it.",
    }),
    invitation({ id: "i3", email: "old@school.example", name: "", expired: true }),
    invitation({ id: "i4", email: "none@school.example", name: "", mail: "none" }),
  ];
  const one = "/api/cohorts/{cohort_id}/invitations/{invitation_id}/";
  const url = "http://localhost/signup?invitation=key";
  const api = new FakeApi({
    ...nobody,
    [PENDING]: { status: 200, body: { items } },
    [`POST ${one}link/`]: { status: 200, body: { url } },
    [`POST ${one}send/`]: { status: 204, body: undefined },
    [`DELETE ${one}`]: { status: 204, body: undefined },
  });
  show(<MembersPanel cohort={cohort()} />);
  expect(await screen.findByText("4 invitations · 1 address refused")).toBeTruthy();
  expect(screen.getByText("The server refused it.")).toBeTruthy();
  expect(screen.getByText("Expired. Send the email again to renew it.")).toBeTruthy();
  expect(screen.getByText(/this school has no mail server/)).toBeTruthy();

  const choose = (email: string, entry: RegExp) => {
    fireEvent.click(screen.getByRole("button", { name: `Actions for ${email}` }));
    fireEvent.click(screen.getByRole("menuitem", { name: entry }));
  };
  choose("new@school.example", /Copy the link/);
  expect((await screen.findByRole("link", { name: url })).getAttribute("href")).toBe(url);
  choose("old@school.example", /Send the email again/);
  choose("bad@school.example", /Revoke/);
  fireEvent.click(screen.getByRole("button", { name: "Revoke invitation" }));
  const at = `/api/cohorts/${COHORT_ID}/invitations`;
  await waitFor(() =>
    expect(api.changes().map(({ route }) => route)).toEqual([
      `POST ${at}/i1/link/`,
      `POST ${at}/i3/send/`,
      `DELETE ${at}/i2/`,
    ]),
  );
});
