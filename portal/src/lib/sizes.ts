import type { Size, WorkspaceSize } from "@/lib/api/types";

export const SIZE_NAMES: Record<WorkspaceSize, string> = { small: "Small", medium: "Medium", large: "Large" };
const SIZE_USES: Record<WorkspaceSize, string> = {
  small: "for exercises and small servers",
  medium: "for Next.js or a database",
  large: "for large projects",
};

export function sizeWords({ size, memory_mib }: Size): string {
  return `${SIZE_NAMES[size]}: ${(memory_mib / 1024).toLocaleString("en", { maximumFractionDigits: 2 })} GB, ${SIZE_USES[size]}`;
}
