// The Testing view for pytest, unittest, Vitest, Jest and node --test. What a file has is read from its text;
// what happened comes from the runner's own report, also for tests that no text shows.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const vscode = require("vscode");

const { FILES, LEFT_OUT, isTestFile, testsIn } = require("./reading");
const { runnerFor } = require("./runners");

const FILES_MAX = 500;
const BYTES_MAX = 1024 * 1024; // a larger one was written by no person

function activate(context) {
  const controller = vscode.tests.createTestController("apranova.tests", "Tests");
  const watcher = vscode.workspace.createFileSystemWatcher(FILES);
  const read = (uri) => isTestFile(vscode.workspace.asRelativePath(uri, false)) && readFile(controller, uri);
  context.subscriptions.push(
    controller,
    watcher,
    watcher.onDidCreate(read),
    watcher.onDidChange(read),
    watcher.onDidDelete((uri) => controller.items.delete(uri.toString())),
  );
  controller.refreshHandler = () => findFiles(controller);
  const run = (kind) => (request, token) => runTests(controller, request, token, kind);
  controller.createRunProfile("Run", vscode.TestRunProfileKind.Run, run("run"), true);
  findFiles(controller);
}

async function findFiles(controller) {
  const found = await vscode.workspace.findFiles(FILES, LEFT_OUT, FILES_MAX);
  const known = new Set(found.map(String));
  // No event names the files of a folder that was deleted.
  for (const [id] of [...controller.items]) if (!known.has(id)) controller.items.delete(id);
  await Promise.all(found.map((uri) => readFile(controller, uri)));
}

async function readFile(controller, uri) {
  if (!controller.items.get(uri.toString()) && controller.items.size >= FILES_MAX) return;
  const tests = testsIn(uri.path, await textOf(uri));
  if (!tests.length) return controller.items.delete(uri.toString());
  const file = controller.items.get(uri.toString()) ?? controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
  controller.items.add(file);
  file.children.replace([]);
  for (const { names, line } of tests) itemFor(controller, file, names).range = new vscode.Range(line, 0, line, 0);
}

// Empty for what cannot be read, such as a folder or a file that has just gone.
async function textOf(uri) {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    return size > BYTES_MAX ? "" : Buffer.from(await vscode.workspace.fs.readFile(uri)).toString();
  } catch {
    return "";
  }
}

// The item below a file for these names; made when it is not there.
function itemFor(controller, file, names) {
  let item = file;
  for (const name of names) {
    const id = JSON.stringify([item.id, name]);
    const child = item.children.get(id) ?? controller.createTestItem(id, name, file.uri);
    item.children.add(child);
    item = child;
  }
  return item;
}

function namesOf(item) {
  return item.parent ? [...namesOf(item.parent), item.label] : [];
}

function fileOf(item) {
  return item.parent ? fileOf(item.parent) : item;
}

const leaves = (item) => (item.children.size ? [...item.children].flatMap(([, child]) => leaves(child)) : [item]);

async function runTests(controller, request, token) {
  await vscode.workspace.saveAll(false);
  const run = controller.createTestRun(request);
  try {
    await runGroups(controller, run, request, token);
  } finally {
    run.end(); // also after a full disk: it would look as if it ran on
  }
}

async function runGroups(controller, run, request, token) {
  const chosen = request.include ?? [...controller.items].map(([, item]) => item);
  const groups = new Map();
  for (const item of chosen) {
    const file = fileOf(item).uri.fsPath;
    const root = vscode.workspace.getWorkspaceFolder(fileOf(item).uri)?.uri.fsPath ?? path.dirname(file);
    const { runner, folder } = runnerFor(file, root);
    const key = `${runner.name} in ${folder}`;
    groups.set(key, { runner, folder, items: [...(groups.get(key)?.items ?? []), item] });
  }
  for (const group of groups.values()) {
    if (!token.isCancellationRequested) await runGroup(controller, run, group, token);
  }
}

async function runGroup(controller, run, { runner, folder, items }, token) {
  const waiting = new Set(items.flatMap(leaves));
  for (const item of waiting) run.started(item);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "tests-"));
  const report = path.join(scratch, "report");
  const files = [...new Set(items.map((item) => fileOf(item).uri.fsPath))];
  const some = items.some((item) => item.parent);
  const tests = some ? items.flatMap(leaves).map((item) => ({ file: fileOf(item).uri.fsPath, names: namesOf(item) })) : [];
  const { program, args, env } = runner.command({ folder, files, tests, report });
  const output = await finished(run, token, { program, args, env, folder });
  const results = fs.existsSync(report) ? runner.read(fs.readFileSync(report, "utf8")) : [];
  fs.rmSync(scratch, { recursive: true, force: true });
  for (const result of results) {
    const file = controller.items.get(vscode.Uri.file(result.file).toString());
    if (!file) continue;
    const item = itemFor(controller, file, result.names);
    waiting.delete(item);
    if (result.names.length) tell(run, item, result);
    else for (const one of leaves(item)) tell(run, one, result), waiting.delete(one);
  }
  for (const item of waiting) {
    if (item.children.size) continue; // its parameters have told
    if (results.length || token.isCancellationRequested) run.skipped(item);
    else run.errored(item, new vscode.TestMessage(`${runner.name} did not run this test:\n${output}`));
  }
}

function tell(run, item, { outcome, ms, message, line }) {
  if (outcome === "passed") return run.passed(item, ms);
  if (outcome === "skipped") return run.skipped(item);
  const failure = new vscode.TestMessage(message ?? "It failed");
  const at = line ?? item.range?.start.line ?? 0;
  failure.location = new vscode.Location(item.uri, new vscode.Position(at, 0));
  return run.failed(item, failure, ms);
}

// Resolves with what it printed last.
function finished(run, token, { program, args, env, folder }) {
  return new Promise((done) => {
    const own = { ...process.env, ...env, FORCE_COLOR: "1" };
    for (const name of Object.keys(own)) if (/^(VSCODE_|ELECTRON_|MALLOC_|APRANOVA_EXT|NODE_OPTIONS$)/.test(name)) delete own[name];
    const child = spawn(program, args, { cwd: folder, env: own, detached: true });
    const cancel = token.onCancellationRequested(() => child.pid && process.kill(-child.pid));
    let last = "";
    const take = (data) => {
      last = (last + data).slice(-2000);
      run.appendOutput(String(data).replace(/\r?\n/g, "\r\n"));
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (problem) => done(String(problem.message)));
    child.on("close", () => {
      cancel.dispose(); // its number may be another program's by now
      done(last.replace(/\x1b\[[0-9;]*m/g, ""));
    });
  });
}

function deactivate() {}

module.exports = { activate, deactivate };
