import { countOf } from "@/features/cohorts/model/class-times";
import type { Capacity, Need } from "@/lib/api/types";

/** "1.5 GB", "48 GB", of MiB. */
export function gigabytes(mib: number): string {
  return `${(mib / 1024).toLocaleString("en", { maximumFractionDigits: mib < 102_400 ? 1 : 0 })} GB`;
}

/** "20.0 of 64 GB", of bytes. */
export function partOf(used: number, total: number): string {
  const shown = (bytes: number) => (bytes / 1e9).toLocaleString("en", { maximumFractionDigits: bytes < 1e10 ? 1 : 0 });
  return `${shown(used)} of ${shown(total)} GB`;
}

/** "30 workspaces of 1.5 GB and 2 of 3 GB". */
export function workspacesOf(need: Need): string {
  const [first, ...rest] = need.sizes;
  if (first === undefined) return "no workspaces";
  return [
    `${countOf(first.workspaces, "workspace")} of ${gigabytes(first.memory_mib)}`,
    ...rest.map(({ workspaces, memory_mib }) => `${workspaces.toLocaleString("en")} of ${gigabytes(memory_mib)}`),
  ].join(" and ");
}

/** "45 of 48 GB"; "45 GB" where each workspace has a machine of its own. */
export function memoryOf(need: Need, { memory_max_mib }: Pick<Capacity, "memory_max_mib">): string {
  const needed = gigabytes(need.memory_mib);
  return memory_max_mib === null ? needed : `${needed.replace(" GB", "")} of ${gigabytes(memory_max_mib)}`;
}

/** "Berlin-3, Paris-1 and 4 more". */
export function cohortsOf({ cohorts }: Need, shown = 3): string {
  const names = cohorts.slice(0, shown).map(({ name }) => name);
  const more = cohorts.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
