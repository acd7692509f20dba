import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** What the portal says and shows about one kind of workspace. */
export interface KindContent {
  name: string;
  promise: string;
  /** Whether students run programs in it that a browser can open. */
  hasPorts: boolean;
  /** What a restart ends and what comes back. */
  restart: string;
  /** What is deleted with the workspace. */
  contents: string;
  /** What remains after an unexpected stop. */
  afterUnexpectedEnd: string;
  /** What is inside and how to begin, in the words of the kind's own screens. */
  guide: readonly { icon: LucideIcon; title: string; text: string }[];
  /** Fills a window that is 240 wide and 160 high, below its title bar of 28. */
  drawing: ReactNode;
}
