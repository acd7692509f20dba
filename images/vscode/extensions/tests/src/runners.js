// How each test runner is started, and how its report is read.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const OURS = path.join(__dirname, "../runners");
const VIRTUAL_ENVIRONMENTS = [".venv", "venv"];

// A runner's command: { program, args, env }. `tests`: lists of names, or none for whole files.
const PYTHON = {
  name: "pytest or unittest",
  command: ({ folder, files, tests, report }) => ({
    program: python(folder),
    args: ["-m", "apranova_tests", ...(tests.length ? tests.map(nodeId) : files)],
    env: { APRANOVA_TEST_REPORT: report, PYTHONPATH: [OURS, process.env.PYTHONPATH].filter(Boolean).join(":") },
  }),
  read: (text) => readLines(text).map(withParameters),
};

const NODE = {
  name: "node --test",
  command: ({ files, tests, report }) => ({
    program: "node",
    args: [
      "--test",
      ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
      ...[`--test-reporter=${path.join(OURS, "node_report.mjs")}`, `--test-reporter-destination=${report}`],
      ...tests.map(({ names }) => `--test-name-pattern=${exactly(names, " ")}`),
      ...files.map((file) => file.replace(/[*?[\]{}()]/g, "?")), // it takes patterns: "[id]" would be one letter
    ],
    env: {},
  }),
  read: readLines,
};

const VITEST = {
  name: "Vitest",
  command: ({ folder, files, tests, report }) => ({
    program: path.join(folder, "node_modules/.bin/vitest"),
    args: ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...pattern(tests), ...files],
    env: {},
  }),
  read: readJestsJson,
};

const JEST = {
  name: "Jest",
  command: ({ folder, files, tests, report }) => ({
    program: path.join(folder, "node_modules/.bin/jest"),
    args: ["--json", `--outputFile=${report}`, ...pattern(tests), "--runTestsByPath", ...files],
    env: {},
  }),
  read: readJestsJson,
};

// Where to start a file's tests, and with what: the nearest package.json decides.
function runnerFor(file, root) {
  if (file.endsWith(".py")) return { runner: PYTHON, folder: root };
  for (let folder = path.dirname(file); folder !== path.dirname(folder) && folder.startsWith(root); folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (!fs.existsSync(manifest)) continue;
    const { dependencies, devDependencies } = parsed(fs.readFileSync(manifest, "utf8")) ?? {};
    const packages = { ...dependencies, ...devDependencies };
    return { runner: packages.vitest ? VITEST : packages.jest ? JEST : NODE, folder };
  }
  return { runner: NODE, folder: root };
}

function python(folder) {
  const own = VIRTUAL_ENVIRONMENTS.map((name) => path.join(folder, name, "bin/python"));
  return own.find((file) => fs.existsSync(file)) ?? "python3";
}

// Vitest has names with " > " between them, or with a space.
const pattern = (tests) => (tests.length ? ["-t", tests.map(({ names }) => exactly(names, "(?: > | )")).join("|")] : []);
const exactly = (names, between) => `^${names.map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join(between)}$`;

// pytest's own name of a test; a parameter ("[1]") is an item below its test.
const nodeId = ({ file, names }) => [file, ...names].join("::").replace("::[", "[");

function withParameters(result) {
  const [, test, parameters] = /^(\w+)(\[.*\])$/s.exec(result.names.at(-1) ?? "") ?? [];
  return test ? { ...result, names: [...result.names.slice(0, -1), test, parameters] } : result;
}

// One result for each test that ran: { file, names, outcome, ms, message, line }; line counts from 0.
function readLines(text) {
  return text.split("\n").map(parsed).filter(Boolean);
}

function readJestsJson(text) {
  const results = [];
  for (const { name: file, assertionResults, message } of parsed(text)?.testResults ?? []) {
    if (!assertionResults.length && message) results.push({ file, names: [], outcome: "failed", message });
    for (const one of assertionResults) {
      const failure = (one.failureMessages ?? []).join("\n").replace(/\x1b\[[0-9;]*m/g, "");
      const outcome = { passed: "passed", failed: "failed" }[one.status] ?? "skipped";
      results.push({
        ...{ file, names: [...one.ancestorTitles, one.title], outcome, ms: one.duration ?? undefined },
        ...(failure && { message: failure, line: lineIn(failure, file) }),
      });
    }
  }
  return results;
}

// The first place of the test's file in a stack.
function lineIn(stack, file) {
  const at = stack.split(file)[1]?.match(/^:(\d+)/);
  return at ? Number(at[1]) - 1 : undefined;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

module.exports = { runnerFor };
