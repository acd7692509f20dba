import type { Roster, RosterLine } from "@/lib/api/types";

import { countOf } from "./class-times";

/** "3 people are invited, and 2 students joined." */
export function imported({ lines }: Roster): string {
  const count = (...outcomes: RosterLine["outcome"][]) =>
    lines.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const [invited, joined, refused] = [count("invite"), count("join", "move"), count("refused")];
  const parts = [
    invited > 0 ? `${countOf(invited, "person is", "people are")} invited` : "",
    joined > 0 ? `${countOf(joined, "student")} joined` : "",
    refused > 0 ? `${countOf(refused, "line was", "lines were")} left out` : "",
  ].filter((part) => part !== "");
  return `${parts.join(", ")}.`;
}

/** How many lines of a preview an import would act on. */
export function changes({ lines }: Roster): number {
  return lines.filter(({ outcome }) => outcome === "invite" || outcome === "join" || outcome === "move").length;
}
