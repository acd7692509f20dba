// Completes and explains Tailwind's classes, by Tailwind's own language server. It takes 300 to 400
// MB, so it runs only while a file of a project that names Tailwind is shown, and where there is room.
"use strict";

const { setTimeout: sleep } = require("node:timers/promises");
const vscode = require("vscode");

const { usesTailwind } = require("./projects");

const UNUSED_MAX_MS = 60_000;
const MEMORY_BYTES_MIN = 1024 ** 3; // in a smaller workspace it would end the student's own server
const MEMORY_KNOWN_WITHIN_MS = 5_000;

const isThere = (id) => Boolean(vscode.extensions.getExtension(id)); // the student's own choice
const rootOf = (document) => vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath;

let running; // the promise of a server
let unused; // the timer that ends it

function activate(context) {
  if (isThere("bradlc.vscode-tailwindcss")) return;
  const log = vscode.window.createOutputChannel("Tailwind CSS", { log: true });
  const languages = context.extension.packageJSON.activationEvents.map((event) => event.replace("onLanguage:", ""));
  const isUsed = ({ document }) =>
    document.uri.scheme === "file" && languages.includes(document.languageId) && usesTailwind(document.fileName, rootOf(document));
  const look = () => {
    if (!vscode.window.visibleTextEditors.some(isUsed)) return endSoon();
    clearTimeout(unused);
    unused = undefined;
    running ??= start(context, { languages, log });
  };
  const watcher = vscode.workspace.createFileSystemWatcher("**/package.json");
  context.subscriptions.push(
    log,
    watcher,
    watcher.onDidCreate(look), // Tailwind may have been installed meanwhile
    watcher.onDidChange(look),
    vscode.window.onDidChangeVisibleTextEditors(look),
  );
  look();
}

// Returns what is to be disposed of at the end.
async function start(context, { languages, log }) {
  try {
    if (!(await hasRoom())) return tellThatItIsOff(languages);
    // Required here: without a project with Tailwind it takes no memory.
    return await require("./tailwind-client").start(context.asAbsolutePath("server/bin/tailwindcss-language-server"), { languages, log });
  } catch ({ message }) {
    log.error(`It did not start: ${message}`);
    return undefined;
  }
}

async function hasRoom() {
  const { memoryLimitBytes } = (await vscode.extensions.getExtension("apranova.workspace")?.activate()) ?? {};
  const limit = await Promise.race([memoryLimitBytes, sleep(MEMORY_KNOWN_WITHIN_MS)]);
  return !limit || limit >= MEMORY_BYTES_MIN;
}

function tellThatItIsOff(languages) {
  const item = vscode.languages.createLanguageStatusItem("apranova.tailwind", languages);
  item.name = "Tailwind CSS";
  item.text = "Tailwind CSS: no completion in a small workspace";
  item.detail = "It takes 400 MB. Choose a larger workspace";
  return item;
}

function endSoon() {
  if (running) unused ??= setTimeout(end, UNUSED_MAX_MS);
}

async function end() {
  clearTimeout(unused);
  unused = undefined;
  const ended = running;
  running = undefined;
  await (await ended)?.dispose();
}

module.exports = { activate, deactivate: end };
