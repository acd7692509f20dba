// Open tabs live in the browser's own storage: another computer or a fresh browser has none. So the
// home keeps each folder's tabs too, and a browser that has never seen the folder opens them, once.
// Where there is nothing to open, it shows the folder's README, rendered.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");
const vscode = require("vscode");

const KNOWN_BROWSER = "apranova.knownBrowser";
const WRITE_DELAY_MS = 800;
const TABS_MAX = 40;
const RENDERED = "vscode.markdown.preview.editor";

const root = vscode.workspace.workspaceFile ?? vscode.workspace.workspaceFolders?.[0]?.uri;
const name = crypto.createHash("sha256").update(root?.path ?? "").digest("hex").slice(0, 16);
const file = path.join(os.homedir(), ".local/share/apranova/tabs", `${name}.json`);

async function keepTabs(context) {
  // workspaceState is stored by the browser: its absence is what makes the browser fresh.
  if (!context.workspaceState.get(KNOWN_BROWSER)) {
    await reopen(await stored());
    if (openTabs().length === 0) await showReadme();
    await context.workspaceState.update(KNOWN_BROWSER, true);
  }
  let timer;
  const remember = () => {
    clearTimeout(timer);
    timer = setTimeout(() => write(openTabs()).catch(() => {}), WRITE_DELAY_MS);
  };
  context.subscriptions.push(
    vscode.window.tabGroups.onDidChangeTabs(remember),
    vscode.window.tabGroups.onDidChangeTabGroups(remember),
    { dispose: () => clearTimeout(timer) },
  );
  remember();
}

function openTabs() {
  return vscode.window.tabGroups.all.flatMap((group) =>
    group.tabs.flatMap((tab) => {
      const input = tab.input;
      const isFile =
        input instanceof vscode.TabInputText ||
        input instanceof vscode.TabInputNotebook ||
        input instanceof vscode.TabInputCustom;
      if (!isFile || !["file", "vscode-remote"].includes(input.uri.scheme)) return [];
      // Git's own files, such as a commit message, are gone when the command ends.
      if (input.uri.path.includes("/.git/")) return [];
      const tabs = { path: input.uri.path, column: group.viewColumn, active: tab.isActive };
      return [input instanceof vscode.TabInputCustom ? { ...tabs, view: input.viewType } : tabs];
    }),
  );
}

// The student may be typing already, so every tab opens in the background. VS Code puts a
// background tab in front only where a column has none, so the active tab comes first. Each of the
// others lands right next to the one in front.
async function reopen(tabs) {
  const alreadyOpen = new Set(openTabs().map((tab) => tab.path));
  const ordered = [...tabs.filter((tab) => tab.active), ...tabs.filter((tab) => !tab.active).reverse()];
  for (const tab of ordered) {
    if (alreadyOpen.has(tab.path)) continue;
    try {
      await fs.access(tab.path);
      await openBehind(tab.path, tab.column, tab.view);
    } catch {
      // The file is gone; the other tabs still come back.
    }
  }
}

async function openBehind(path, viewColumn, view) {
  const options = { viewColumn, preview: false, preserveFocus: true, background: true };
  const uri = vscode.Uri.file(path);
  if (view) await vscode.commands.executeCommand("vscode.openWith", uri, view, options);
  else await vscode.commands.executeCommand("vscode.open", uri, options);
}

async function showReadme() {
  const readme = path.join(root?.path ?? "", "README.md");
  try {
    await fs.access(readme);
    await openBehind(readme, vscode.ViewColumn.One, RENDERED);
  } catch {
    // There is none, or VS Code cannot render: an empty editor is no failure.
  }
}

async function stored() {
  try {
    const { tabs } = JSON.parse(await fs.readFile(file, "utf8"));
    return Array.isArray(tabs) ? tabs.filter((tab) => typeof tab.path === "string").slice(0, TABS_MAX) : [];
  } catch {
    return [];
  }
}

async function write(tabs) {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await fs.writeFile(temporary, JSON.stringify({ version: 1, tabs: tabs.slice(0, TABS_MAX) }));
  await fs.rename(temporary, file);
}

module.exports = { keepTabs };
