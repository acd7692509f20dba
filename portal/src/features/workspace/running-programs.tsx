import type { Programs } from "@/lib/api/types";

const SHOWN_MAX = 10;

interface RunningProgramsProps {
  /** Undefined: not known yet. Null: nobody could be asked. */
  found: readonly Programs[] | null | undefined;
  /** Whose workspace it is, where a dialog is about other people's. */
  whose?: (workspaceId: string) => string;
}

/** Which programs end, so that nobody ends a job by mistake. Nothing where none runs. */
export function RunningPrograms({ found, whose }: RunningProgramsProps) {
  if (found === undefined) return <Line>Looking for programs that still run …</Line>;
  if (found === null) return <Line>It could not be seen which programs still run. Those that do will end.</Line>;
  const busy = found.filter(({ programs }) => programs.length > 0);
  const silent = found.filter(({ known }) => !known);
  return (
    <>
      {busy.length > 0 && (
        <div role="status" className="mt-3 rounded-xl border border-warn/40 bg-warn-soft px-4 py-3 text-sm text-ink">
          <p className="font-medium">Still running, and will end:</p>
          <ul className="mt-1 list-disc space-y-0.5 pl-5">
            {whose === undefined
              ? busy.flatMap(({ programs }) => programs).map((program) => <Program key={program} name={program} />)
              : busy.slice(0, SHOWN_MAX).map(({ workspace_id, programs }) => (
                  <li key={workspace_id} className="wrap-anywhere">
                    {whose(workspace_id)}: <code className="text-[0.95em]">{programs.join(", ")}</code>
                  </li>
                ))}
          </ul>
          {whose !== undefined && busy.length > SHOWN_MAX && (
            <p className="mt-1">and programs in {busy.length - SHOWN_MAX} more workspaces</p>
          )}
        </div>
      )}
      {silent.length > 0 && (
        <Line>
          {whose === undefined || found.length === 1
            ? "The workspace does not say which programs still run. Those that do will end."
            : `${silent.length} of them do not say which programs still run. Those that do will end.`}
        </Line>
      )}
    </>
  );
}

function Program({ name }: { name: string }) {
  return (
    <li className="wrap-anywhere">
      <code className="text-[0.95em]">{name}</code>
    </li>
  );
}

function Line({ children }: { children: string | string[] }) {
  return (
    <p role="status" className="mt-3 text-sm text-pretty text-muted">
      {children}
    </p>
  );
}
