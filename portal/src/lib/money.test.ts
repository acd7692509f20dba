import { expect, it } from "vitest";

import { amountWords, shownDollars, shownHours } from "./money";

it("rounds hours to what somebody reads, and never to nothing", () => {
  expect([0, 0.01, 0.26, 12.5, 1204.4].map(shownHours)).toEqual(["0", "< 0.1", "0.3", "12.5", "1,204"]);
});

it("rounds dollars to cents, large sums to dollars, and never to nothing", () => {
  expect([0, 0.001, 0.345, 12.5, 1204.4].map(shownDollars)).toEqual(["$0.00", "< $0.01", "$0.35", "$12.50", "$1,204"]);
  expect([amountWords("hours", 1), amountWords("hours", 10), amountWords("dollars", 3)]).toEqual([
    "1 hour",
    "10 hours",
    "$3.00",
  ]);
});
