import { SelectField } from "@/components/field";
import { explain } from "@/lib/api/errors";
import type { Workspace, WorkspaceSize } from "@/lib/api/types";
import { SIZE_NAMES, sizeWords } from "@/lib/sizes";
import { useChooseSize, useSizes } from "@/lib/use-sizes";

/** Where the cohort lets its students choose how much memory their workspace has. */
export function SizeChoice({ workspace }: { workspace: Workspace | null }) {
  const sizes = useSizes().data;
  const choose = useChooseSize();
  if (sizes === undefined || sizes.choices.length === 0) return null;
  const chosen = choose.isPending ? choose.variables : sizes.chosen;
  const runsAs = workspace?.state === "running" ? `It runs as ${SIZE_NAMES[workspace.size].toLowerCase()} now. ` : "";
  return (
    <div className="max-w-md">
      <SelectField
        label="Size of your workspace"
        value={chosen ?? ""}
        disabled={choose.isPending}
        onChange={({ target }) => choose.mutate((target.value || null) as WorkspaceSize | null)}
        hint={`${runsAs}A change takes effect when you next launch it.`}
        error={choose.isError ? explain(choose.error) : undefined}
      >
        <option value="">As your cohort has it</option>
        {sizes.items
          .filter(({ size }) => sizes.choices.includes(size))
          .map((size) => (
            <option key={size.size} value={size.size}>
              {sizeWords(size)}
            </option>
          ))}
      </SelectField>
    </div>
  );
}
