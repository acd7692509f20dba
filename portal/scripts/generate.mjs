// Generates the types of the API client from the backend's committed OpenAPI document; with
// --check, only says whether the committed file is still what the document gives.
import { readFile, writeFile } from "node:fs/promises";

import openapiTypescript, { astToString } from "openapi-typescript";

const source = new URL("../../backend/openapi.json", import.meta.url);
const target = new URL("../src/lib/api/schema.gen.ts", import.meta.url);

const header = "// Generated from backend/openapi.json by `npm run generate`. Do not edit.\n\n";
const generated = header + astToString(await openapiTypescript(source, { alphabetize: true }));

if (process.argv.includes("--check")) {
  const committed = await readFile(target, "utf8").catch(() => "");
  if (committed !== generated) {
    console.error("src/lib/api/schema.gen.ts differs from backend/openapi.json: run `npm run generate` and commit it.");
    process.exit(1);
  }
} else {
  await writeFile(target, generated);
}
