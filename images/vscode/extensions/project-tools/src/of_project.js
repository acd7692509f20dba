// Runs in a process of its own, in the project's folder, with what the project has installed.
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");

const [folder] = process.argv.slice(2);
const projects = createRequire(path.join(folder, "package.json"));
const linters = new Map();

// ESLint 9 and later find by `loadESLint` whether the settings have the old or the new form.
async function linter(fix) {
  const { ESLint, loadESLint } = projects("eslint");
  const Linter = loadESLint ? await loadESLint({ cwd: folder }) : ESLint;
  return new Linter({ cwd: folder, fix });
}

async function lint({ file, text, fix = false }) {
  if (!linters.has(fix)) linters.set(fix, linter(fix));
  const eslint = await linters.get(fix);
  const results = await eslint.lintText(text, { filePath: file, warnIgnored: false });
  const rules = eslint.getRulesMetaForResults(results);
  const messages = (results[0]?.messages ?? []).map((message) => ({ ...message, url: rules[message.ruleId]?.docs?.url }));
  return { messages, output: results[0]?.output };
}

async function format({ file, text }) {
  const prettier = projects("prettier");
  const { ignored, inferredParser } = await prettier.getFileInfo(file, { ignorePath: path.join(folder, ".prettierignore"), resolveConfig: true });
  if (ignored || !inferredParser) return { output: text };
  const settings = await prettier.resolveConfig(file, { editorconfig: true, useCache: false });
  return { output: await prettier.format(text, { ...settings, filepath: file }) };
}

process.on("message", async ({ number, task, ...question }) => {
  try {
    process.send({ number, ...(await (task === "lint" ? lint(question) : format(question))) });
  } catch (problem) {
    process.send({ number, problem: String(problem?.message ?? problem) });
  }
});
process.on("disconnect", () => process.exit());
