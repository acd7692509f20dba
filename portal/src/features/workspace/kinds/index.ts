import type { WorkspaceKind } from "@/lib/api/types";

import type { KindContent } from "./kind";
import { SUPERSET } from "./superset";
import { VSCODE } from "./vscode";

export const KINDS: Record<WorkspaceKind, KindContent> = { vscode: VSCODE, superset: SUPERSET };
