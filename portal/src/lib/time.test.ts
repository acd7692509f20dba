import { describe, expect, it } from "vitest";

import { noteServerDate, serverNowMs } from "./server-clock";
import { ago, clock, duration, elapsed } from "./time";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

describe("times in words", () => {
  it.each([
    [1, "1 second"],
    [1800, "30 minutes"],
    [3600, "1 hour"],
    [5400, "1 hour 30 minutes"],
    [604_800, "7 days"],
  ])("%d seconds are %s", (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  it.each([
    [-5, "just now"],
    [30, "just now"],
    [59, "1 minute ago"],
    [250, "4 minutes ago"],
    [7_199, "1 hour ago"],
    [200_000, "2 days ago"],
  ])("%d seconds back is %s", (seconds, words) => {
    expect(ago(at(-seconds), NOW)).toBe(words);
  });

  it("names the day only when the time alone would be ambiguous", () => {
    expect(clock(at(3 * 3600), NOW)).toMatch(/^\d{1,2}:\d{2}/);
    expect(clock(at(5 * 86_400), NOW)).toContain(",");
  });

  it("shows tenths of a second below ten seconds", () => {
    expect([400, 12_300, 65_000, -10].map(elapsed)).toEqual(["0.4 s", "12 s", "1 min 5 s", "0.0 s"]);
  });
});

describe("the server's clock", () => {
  it("follows a server whose clock differs by minutes, and ignores rounding", () => {
    noteServerDate(new Date(NOW + 300_000).toUTCString(), NOW);
    expect(serverNowMs() - Date.now()).toBeGreaterThan(299_000);
    noteServerDate(new Date(NOW + 1_000).toUTCString(), NOW);
    expect(Math.abs(serverNowMs() - Date.now())).toBeLessThan(50);
    noteServerDate("nonsense", NOW);
    expect(Math.abs(serverNowMs() - Date.now())).toBeLessThan(50);
  });
});
