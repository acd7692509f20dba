// Which tests a file has, read from its text: nothing of the student's runs before a click.
"use strict";

const SCRIPTS = ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"].flatMap((end) => [`*.test.${end}`, `*.spec.${end}`]);
const FILES = `**/{test_*.py,*_test.py,${SCRIPTS.join(",")}}`; // VS Code knows no braces within braces
const FOLDERS_LEFT_OUT = ["node_modules", ".venv", "venv", ".git", "dist", "build", ".next"];
const LEFT_OUT = `**/{${FOLDERS_LEFT_OUT.join(",")}}/**`;
const TEST_FILE = /^(test_.*\.py|.*_test\.py|.*\.(test|spec)\.[cm]?[jt]sx?)$/s;

const PYTHON = /^(\s*)(?:class\s+(\w+)|(?:async\s+)?def\s+(test\w*))/;
const SCRIPT = /^(\s*)(?:export\s+)?(?:await\s+)?(describe|suite|it|test)(?:\.(?:only|skip|todo|concurrent))*\(\s*(["'`])((?:\\.|(?!\3)[^\\])*)\3/;

// Of a path below the workspace's folder: the same files as FILES without LEFT_OUT.
function isTestFile(path) {
  const folders = path.split("/");
  return TEST_FILE.test(folders.pop()) && !folders.some((name) => FOLDERS_LEFT_OUT.includes(name));
}

// Returns [{ names: ["class or describe", …, "test"], line }], tests only.
function testsIn(path, text) {
  const found = [];
  const around = []; // the classes or describes that a line is in, by their indentation
  text.split("\n").forEach((words, line) => {
    const one = path.endsWith(".py") ? inPython(words) : inScript(words);
    if (!one) return;
    while (around.length && around.at(-1).indentation >= one.indentation) around.pop();
    if (one.isGroup) around.push(one);
    else found.push({ names: [...around.map(({ name }) => name), one.name], line });
  });
  return found;
}

function inPython(words) {
  const [, indentation, group, test] = PYTHON.exec(words) ?? [];
  return indentation === undefined ? undefined : { indentation: indentation.length, isGroup: !!group, name: group ?? test };
}

function inScript(words) {
  const [, indentation, kind, , name] = SCRIPT.exec(words) ?? [];
  const isGroup = kind === "describe" || kind === "suite";
  return indentation === undefined ? undefined : { indentation: indentation.length, isGroup, name: name.replace(/\\(.)/g, "$1") };
}

module.exports = { FILES, LEFT_OUT, isTestFile, testsIn };
