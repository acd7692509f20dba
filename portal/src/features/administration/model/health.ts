import type { Finding } from "@/lib/api/types";

/** All findings in one sentence, and how urgent it looks. */
export function healthSummary(findings: readonly Finding[]): { tone: "good" | "warn" | "bad"; title: string } {
  const broken = findings.filter(({ state }) => state === "broken").length;
  const look = findings.filter(({ state }) => state === "look").length;
  const toLook = look === 0 ? "" : `${look} to look at`;
  if (broken > 0) {
    return { tone: "bad", title: [`${broken} of ${findings.length} broken`, toLook].filter(Boolean).join(", ") };
  }
  if (look > 0) return { tone: "warn", title: `Nothing is broken, ${toLook}` };
  return { tone: "good", title: "Everything is fine" };
}
