import type { Budget } from "@/lib/api/types";

/** "< $0.01", "$0.35", "$1,204". */
export function shownDollars(dollars: number): string {
  if (dollars > 0 && dollars < 0.005) return "< $0.01";
  const digits = dollars < 100 ? 2 : 0;
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** "< 0.1", "0.3", "12.5", "1,204". */
export function shownHours(hours: number): string {
  if (hours > 0 && hours < 0.05) return "< 0.1";
  return hours.toLocaleString("en", { maximumFractionDigits: hours < 100 ? 1 : 0 });
}

/** "12.5 hours" or "$12.50". */
export function amountWords(unit: Budget["unit"], amount: number): string {
  return unit === "dollars" ? shownDollars(amount) : `${shownHours(amount)} ${amount === 1 ? "hour" : "hours"}`;
}
