import { describe, expect, it } from "vitest";

import { classDays, countOf, nextClass } from "./class-times";

const at = (starts_at: string, ends_at: string, title = "Algorithms") => ({ starts_at, ends_at, title });
// Noon in Berlin on a Monday.
const NOW = Date.parse("2026-11-23T11:00:00Z");

describe("class times", () => {
  it("use the cohort's time zone and are grouped by day", () => {
    const days = classDays(
      [
        at("2026-11-23T08:00:00Z", "2026-11-23T11:30:00Z"),
        at("2026-11-23T12:30:00Z", "2026-11-23T15:00:00Z", "Project work"),
        at("2026-11-24T08:00:00Z", "2026-11-24T11:00:00Z"),
        at("2026-11-25T08:00:00Z", "2026-11-25T11:00:00Z"),
      ],
      NOW,
      "Europe/Berlin",
    );
    expect(days.map(({ label, classes }) => [label, classes.length])).toEqual([
      ["Today", 2],
      ["Tomorrow", 1],
      [expect.stringContaining("25"), 1],
    ]);
    expect(days[0]?.classes[0]).toMatchObject({ title: "Algorithms", now: true });
    expect(days[0]?.classes[0]?.time).toMatch(/^0?9:00.* – 12:30/);
    expect(days[0]?.classes[1]?.now).toBe(false);
  });

  it("may be on another day than the reader's", () => {
    const late = at("2026-11-23T20:00:00Z", "2026-11-23T22:00:00Z");
    expect(classDays([late], NOW, "Asia/Tokyo")[0]?.label).toBe("Tomorrow");
    expect(classDays([late], NOW, "America/New_York")[0]?.label).toBe("Today");
  });

  it("say whether the next class is in progress", () => {
    const berlin = "Europe/Berlin";
    expect(nextClass(at("2026-11-23T08:00:00Z", "2026-11-23T11:30:00Z"), NOW, berlin)).toMatch(/^Now, until 12:30/);
    expect(nextClass(at("2026-11-24T08:00:00Z", "2026-11-24T11:00:00Z"), NOW, berlin)).toMatch(/^Tomorrow, 0?9:00/);
  });

  it("count in words", () => {
    expect([countOf(0, "student"), countOf(1, "student"), countOf(2, "student")]).toEqual([
      "0 students",
      "1 student",
      "2 students",
    ]);
  });
});
