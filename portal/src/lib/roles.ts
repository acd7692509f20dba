import type { Me } from "@/lib/api/types";

const TRACKS: Record<NonNullable<Me["track"]>, string> = {
  FSD: "Full-stack development",
  DP: "Data professional",
};

const ROLES: Record<Me["role"], string> = { student: "student", instructor: "instructor", admin: "administrator" };

export const TRACK_NAMES = TRACKS;

export function trackName(track: NonNullable<Me["track"]>): string {
  return TRACKS[track];
}

/** "a student (Full-stack development)", "an instructor". */
export function roleAndTrack(role: Me["role"], track: Me["track"]): string {
  const article = role === "student" ? "a" : "an";
  return `${article} ${ROLES[role]}${track == null ? "" : ` (${TRACKS[track]})`}`;
}

export function roleName(role: Me["role"]): string {
  return ROLES[role].charAt(0).toUpperCase() + ROLES[role].slice(1);
}

export function isStaff(role: Me["role"]): boolean {
  return role !== "student";
}
