import type { Me } from "@/lib/api/types";

const TRACKS: Record<NonNullable<Me["track"]>, string> = {
  FSD: "Full-stack development",
  DP: "Data professional",
};

const ROLE_NAMES: Record<Me["role"], string> = {
  student: "student",
  instructor: "instructor",
  assistant: "teaching assistant",
  admin: "administrator",
};

export const ROLES = Object.keys(ROLE_NAMES) as Me["role"][];

export const TRACK_NAMES = TRACKS;

export function trackName(track: NonNullable<Me["track"]>): string {
  return TRACKS[track];
}

/** "a student (Full-stack development)", "an instructor". */
export function roleAndTrack(role: Me["role"], track: Me["track"]): string {
  const article = role === "student" || role === "assistant" ? "a" : "an";
  return `${article} ${ROLE_NAMES[role]}${track == null ? "" : ` (${TRACKS[track]})`}`;
}

export function roleName(role: Me["role"]): string {
  return ROLE_NAMES[role].charAt(0).toUpperCase() + ROLE_NAMES[role].slice(1);
}

export function teaches(role: Me["role"]): boolean {
  return role === "instructor" || role === "assistant";
}

export function isStaff(role: Me["role"]): boolean {
  return role !== "student";
}
