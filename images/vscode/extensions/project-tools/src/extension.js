// Shows what the project's ESLint finds, and formats with the project's Prettier: the versions, plugins
// and settings that its package.json names, as in its terminal. Without them this does nothing.
"use strict";

const vscode = require("vscode");

const { eslintFolder, prettierFolder } = require("./projects");
const { ask, endAll } = require("./workers");

const LINTED = ["javascript", "javascriptreact", "typescript", "typescriptreact"];
const FORMATTED = "**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx,json,css,scss,less,html,vue,md,yaml,yml,graphql}";
const SETTINGS = "**/{eslint.config.*,.eslintrc*,.eslintignore,prettier.config.*,.prettierrc*,package.json,package-lock.json}";
const TYPING_PAUSE_MS = 500;
const LETTERS_MAX = 500_000; // a larger file was written by no person
const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append("eslint");

const isThere = (id) => Boolean(vscode.extensions.getExtension(id)); // the student's own choice
const rootOf = (document) => vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath;

function activate(context) {
  const log = vscode.window.createOutputChannel("ESLint and Prettier");
  context.subscriptions.push(log, { dispose: endAll });
  if (!isThere("dbaeumer.vscode-eslint")) lintWhatIsShown(context, log);
  if (!isThere("esbenp.prettier-vscode")) offerPrettier(context, log);
}

function lintWhatIsShown(context, log) {
  const found = vscode.languages.createDiagnosticCollection("eslint");
  const fixes = new Map(); // of each document: [diagnostic, fix]
  const waiting = new Map();
  const told = new Set();

  async function lint(document) {
    const folder = folderToLint(document);
    if (!folder) return found.delete(document.uri);
    const { version, fileName: file } = document;
    try {
      const { messages } = await ask(folder, { task: "lint", file, text: document.getText() });
      if (document.isClosed || document.version !== version) return;
      const made = messages.map((message) => [diagnostic(document, message), message.fix]);
      fixes.set(document, made);
      found.set(document.uri, made.map(([one]) => one));
    } catch (problem) {
      if (problem.isEnded) return document.isClosed || lintSoon(document);
      log.appendLine(`ESLint, ${file}: ${problem.message}`);
      found.delete(document.uri);
      const text = `ESLint: ${problem.message.split("\n")[0].slice(0, 200)}`;
      if (!told.has(text)) vscode.window.showWarningMessage(text);
      told.add(text);
    }
  }
  function lintSoon(document) {
    clearTimeout(waiting.get(document));
    waiting.set(document, setTimeout(() => (waiting.delete(document), lint(document)), TYPING_PAUSE_MS));
  }
  const lintShown = () => vscode.window.visibleTextEditors.forEach(({ document }) => lintSoon(document));
  const again = () => (endAll(), lintShown());
  const watcher = vscode.workspace.createFileSystemWatcher(SETTINGS);
  context.subscriptions.push(
    found,
    watcher,
    watcher.onDidCreate(again),
    watcher.onDidChange(again),
    watcher.onDidDelete(again),
    vscode.window.onDidChangeVisibleTextEditors(lintShown),
    vscode.workspace.onDidChangeTextDocument(({ document }) => LINTED.includes(document.languageId) && lintSoon(document)),
    vscode.workspace.onDidCloseTextDocument((document) => (fixes.delete(document), found.delete(document.uri))),
    vscode.languages.registerCodeActionsProvider(LINTED, {
      provideCodeActions: (document, _, { diagnostics, only }) =>
        only && FIX_ALL.intersects(only) ? fixAll(document, log) : quickFixes(document, fixes.get(document) ?? [], diagnostics),
    }, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL] }),
  );
  lintShown();
}

function folderToLint(document) {
  if (document.uri.scheme !== "file" || !LINTED.includes(document.languageId)) return undefined;
  if (document.getText().length > LETTERS_MAX) return undefined;
  return eslintFolder(document.fileName, rootOf(document));
}

function diagnostic(document, { line, column, endLine, endColumn, message, severity, ruleId, url }) {
  const start = new vscode.Position(Math.max((line ?? 1) - 1, 0), Math.max((column ?? 1) - 1, 0));
  const end = endLine ? new vscode.Position(endLine - 1, endColumn - 1) : document.getWordRangeAtPosition(start)?.end ?? start;
  const { Error, Warning } = vscode.DiagnosticSeverity;
  const made = new vscode.Diagnostic(new vscode.Range(start, end), message, severity === 2 ? Error : Warning);
  made.source = "eslint";
  if (ruleId) made.code = url ? { value: ruleId, target: vscode.Uri.parse(url) } : ruleId;
  return made;
}

// VS Code gives back copies of our diagnostics.
function quickFixes(document, made, asked) {
  const same = (one, other) => one.message === other.message && one.range.isEqual(other.range);
  return made.filter(([one, fix]) => fix && asked.some((other) => same(one, other))).map(([one, fix]) => {
    const name = typeof one.code === "object" ? one.code.value : one.code;
    const action = new vscode.CodeAction(`Fix this problem (${name})`, vscode.CodeActionKind.QuickFix);
    const range = new vscode.Range(...fix.range.map((offset) => document.positionAt(offset)));
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, range, fix.text);
    action.diagnostics = [one];
    action.isPreferred = true;
    return action;
  });
}

// For `"editor.codeActionsOnSave": { "source.fixAll.eslint": "explicit" }`.
async function fixAll(document, log) {
  const folder = folderToLint(document);
  const text = document.getText();
  try {
    const { output } = folder ? await ask(folder, { task: "lint", file: document.fileName, text, fix: true }) : {};
    if (output === undefined || output === text) return [];
    const action = new vscode.CodeAction("Fix all problems that ESLint can fix", FIX_ALL);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, whole(document), output);
    return [action];
  } catch (problem) {
    log.appendLine(`ESLint, ${document.fileName}: ${problem.message}`);
    return [];
  }
}

// A formatter of a project that has none would make VS Code ask which one to use, so each project
// with Prettier gets its own.
function offerPrettier(context, log) {
  const offered = new Set();
  const offer = (document) => {
    const folder = document.uri.scheme === "file" && prettierFolder(document.fileName, rootOf(document));
    if (!folder || offered.has(folder)) return;
    offered.add(folder);
    const files = { scheme: "file", pattern: new vscode.RelativePattern(folder, FORMATTED) };
    const provider = { provideDocumentFormattingEdits: (asked) => format(asked, log) };
    context.subscriptions.push(vscode.languages.registerDocumentFormattingEditProvider(files, provider));
  };
  const offerForShown = () => vscode.window.visibleTextEditors.forEach(({ document }) => offer(document));
  context.subscriptions.push(
    vscode.window.onDidChangeVisibleTextEditors(offerForShown),
    vscode.workspace.onDidSaveTextDocument(offer), // Prettier may have been installed meanwhile
  );
  offerForShown();
}

async function format(document, log) {
  const folder = prettierFolder(document.fileName, rootOf(document));
  const text = document.getText();
  if (!folder || text.length > LETTERS_MAX) return [];
  try {
    const { output } = await ask(folder, { task: "format", file: document.fileName, text });
    return output === text ? [] : [vscode.TextEdit.replace(whole(document), output)];
  } catch (problem) {
    log.appendLine(`Prettier, ${document.fileName}: ${problem.message}`);
    vscode.window.setStatusBarMessage(`Prettier: ${problem.message.split("\n")[0].slice(0, 200)}`, 10_000);
    return [];
  }
}

const whole = (document) => new vscode.Range(new vscode.Position(0, 0), document.lineAt(document.lineCount - 1).range.end);

function deactivate() {
  endAll();
}

module.exports = { activate, deactivate };
