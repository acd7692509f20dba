import { Alert } from "@/components/alert";
import { ApiError, explain } from "@/lib/api/errors";

/** What is wrong with a form as a whole; messages for single fields stand at the fields. */
export function FormError({ error, fields }: { error: unknown; fields: readonly string[] }) {
  if (error === null) return null;
  if (error instanceof ApiError) {
    const named = Object.keys(error.fields);
    if (named.length > 0 && named.every((field) => fields.includes(field))) return null;
    const others = named.filter((field) => !fields.includes(field)).map((field) => error.fields[field]);
    if (others.length > 0) {
      return (
        <Alert tone="bad" urgent>
          {others.join(" ")}
        </Alert>
      );
    }
  }
  return (
    <Alert tone="bad" urgent>
      {explain(error)}
    </Alert>
  );
}

export function fieldError(error: unknown, field: string): string | undefined {
  return error instanceof ApiError ? error.fields[field] : undefined;
}
