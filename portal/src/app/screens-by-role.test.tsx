// @vitest-environment jsdom
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { screen, waitFor } from "@testing-library/react";
import type { ComponentType, ReactNode } from "react";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { Shell } from "@/features/shell/shell";
import type { Me } from "@/lib/api/types";
import { person } from "@/testing/examples";
import { show } from "@/testing/fake-api";

/** docs/roles.md is true of the screens: each is opened as each role. */

const MEMBER = join(import.meta.dirname, "(member)");
const ROLES = ["student", "instructor", "assistant", "admin"] as const;
const REFUSAL = "The API refuses this to your role.";
const OTHERS_SCREEN = /^This page is for (admins|instructors)$/;

/** Where the browser is, on screens whose address names something. */
const ADDRESSES: Record<string, string> = {
  "files/one": "/files/ws-abcdefghij",
  "history/one": "/history/ws-abcdefghij",
  "cohorts/one": "/cohorts/c1",
  "cohorts/assignment": "/cohorts/c1/assignments/a1",
  "cohorts/look": "/cohorts/c1/students/s1/look",
  "cohorts/history": "/cohorts/c1/students/s1/history",
  "courses/one": "/courses/k1",
};

/** What screens ask the API for what they show. */
const AREAS: Record<string, string> = {
  account: "/api/auth/browser/v1/account/",
  administration: "/api/co", // the console and the costs
  cohorts: "/api/cohorts/",
  courses: "/api/courses/",
  dashboard: "/api/workspace/",
  files: "/api/workspace/ws-abcdefghij/",
  history: "/api/workspace/ws-abcdefghij/",
  start: "/api/workspace/",
};

function rows(): { screen: string; cells: string[] }[] {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/roles.md"), "utf8");
  const table = text.split("## What each screen shows")[1] ?? "";
  return [...table.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)].map(([, screen = "", cells = ""]) => ({
    screen,
    cells: cells.split(" | "),
  }));
}

function screens(): string[] {
  return readdirSync(MEMBER, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("page.tsx"))
    .map((file) => dirname(file));
}

/** The backend: who is signed in, and one answer to everything else. Returns what was asked. */
function backend(role: Me["role"], answer: { status: number; reason: string; detail: string }): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (input: Request | string) => {
    const path = new URL(typeof input === "string" ? input : input.url, window.location.origin).pathname;
    asked.push(path);
    const isMe = path === "/api/me/";
    const body = isMe ? person({ role, track: role === "student" ? "FSD" : null }) : answer;
    const headers = { "content-type": isMe ? "application/json" : "application/problem+json" };
    return Promise.resolve(new Response(JSON.stringify(body), { status: isMe ? 200 : answer.status, headers }));
  });
  return asked;
}

type Layout = ComponentType<{ children: ReactNode }>;
const pages = new Map<string, ComponentType>();
let Console: Layout;

async function load<Part>(file: string): Promise<Part> {
  const { default: part } = (await import(/* @vite-ignore */ join(MEMBER, file))) as { default: Part };
  return part;
}

// On a busy machine, reading all screens takes longer than any of them to show.
beforeAll(async () => {
  for (const name of screens()) pages.set(name, await load<ComponentType>(`${name}/page.tsx`));
  Console = await load<Layout>("administration/layout.tsx");
}, 300_000);

function open(name: string): void {
  window.history.replaceState(null, "", ADDRESSES[name] ?? `/${name}`);
  const Page = pages.get(name);
  if (Page === undefined) throw new Error(`there is no screen ${name}`);
  const page = <Page />;
  show(<Shell>{name.startsWith("administration/") ? <Console>{page}</Console> : page}</Shell>);
}

const links = () =>
  [...document.querySelectorAll('nav[aria-label="Main"] a')].map((link) => link.getAttribute("href") ?? "");

beforeEach(() => {
  document.cookie = "apranova_csrf=token";
});

it("has a row for each screen", () => {
  expect(
    rows()
      .map((row) => row.screen)
      .sort(),
  ).toEqual(screens().sort());
});

describe.each(rows())("$screen", ({ screen: name, cells }) => {
  it.each(ROLES.map((role, place) => [role, cells[place]] as const))("is for the %s: %s", async (role, cell) => {
    const asked = backend(
      role,
      cell === "yes"
        ? { status: 503, reason: "unavailable", detail: "Not now." }
        : { status: 403, reason: "forbidden", detail: REFUSAL },
    );
    open(name);
    const area = AREAS[name.split("/")[0] ?? ""] ?? "";
    const own = () => asked.filter((path) => path.startsWith(area));
    if (cell === "no") {
      expect(await screen.findByText(OTHERS_SCREEN)).toBeTruthy();
      expect(own()).toEqual([]);
      return;
    }
    expect(["yes", "refused"]).toContain(cell);
    await waitFor(() => expect(own()).not.toEqual([]));
    if (cell === "refused") expect(await screen.findByText(REFUSAL)).toBeTruthy();
    expect(screen.queryByText(OTHERS_SCREEN)).toBeNull();
  });
});

it.each(ROLES.map((role, place) => [role, place] as const))(
  "the links at the top lead a %s only to screens of theirs",
  async (role, place) => {
    backend(role, { status: 503, reason: "unavailable", detail: "Not now." });
    open("account");
    await waitFor(() => expect(links().length).toBeGreaterThan(1));
    const theirs = rows().filter(({ cells }) => cells[place] === "yes");
    const first = new Set(theirs.map((row) => `/${row.screen.split("/")[0]}`));
    await waitFor(() => expect(links()).toContain("/account"));
    expect(links().filter((link) => !first.has(link))).toEqual([]);
    expect(
      [...first].filter((area) => ["/cohorts", "/administration"].includes(area) && !links().includes(area)),
    ).toEqual([]);
  },
);
