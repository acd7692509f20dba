// A reporter for node --test: one line of JSON for each test, in the extension's own form.
const OUTCOME = { "test:pass": "passed", "test:fail": "failed" };

export default async function* report(events) {
  const around = [];
  for await (const { type, data } of events) {
    if (type === "test:start") {
      around.length = data.nesting;
      around.push(data.name);
    }
    if (!OUTCOME[type] || data.details?.type === "suite") continue;
    const names = [...around.slice(0, data.nesting), data.name];
    const outcome = data.skip !== undefined || data.todo !== undefined ? "skipped" : OUTCOME[type];
    const error = data.details?.error;
    const cause = error?.cause ?? error;
    const message = outcome === "failed" ? String(cause?.message ?? cause ?? "failed") : undefined;
    const at = String(cause?.stack ?? "").split(data.file)[1]?.match(/^:(\d+)/);
    const line = at ? Number(at[1]) - 1 : data.line - 1;
    yield `${JSON.stringify({ file: data.file, names, outcome, ms: data.details?.duration_ms, message, line })}\n`;
  }
}
