import type { BesideFile } from "@/lib/api/types";

/** Files of an assignment that found their place taken: what lies where, for people to decide. */
export function BesideList({ files, count, by }: { files: BesideFile[]; count: number; by: "you" | "the student" }) {
  return (
    <ul className="mt-2 space-y-1 text-sm">
      {files.map(({ path, new_path, changed_by_student }) => (
        <li key={new_path} className="wrap-anywhere">
          <code>{new_path}</code> lies beside <code>{path}</code>
          <span className="text-muted">{changed_by_student ? ` (changed by ${by})` : " (an older version)"}</span>
        </li>
      ))}
      {count > files.length && <li className="text-muted">and {count - files.length} more</li>}
    </ul>
  );
}
