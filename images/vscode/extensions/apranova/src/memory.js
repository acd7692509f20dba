// How much of the workspace's memory is in use, in the status bar, and what programs may know of it:
// without a hint, Node.js and Java take the machine's memory for their own. The number of processors
// needs none: a program may use all of them while nobody else does.
"use strict";

const vscode = require("vscode");

const NEARLY_FULL = 0.9;
const MEBIBYTE = 1024 * 1024;

// Returns a promise of the limit, for our other extensions.
function showMemory(context, link) {
  const item = vscode.window.createStatusBarItem("apranova.memory", vscode.StatusBarAlignment.Right, 9_000);
  item.name = "ApraNova: memory";
  const variables = context.environmentVariableCollection;
  variables.description = "The memory of this workspace";
  let hintedBytes = 0;
  let tellLimit;
  const limitBytes = new Promise((done) => (tellLimit = done));

  const hint = (limitBytes) => {
    if (limitBytes === hintedBytes) return;
    hintedBytes = limitBytes;
    // Half, as Node.js itself takes in a container of that size; VS Code needs the rest.
    // Appended: a debugger puts its own options there.
    const half = Math.floor(limitBytes / 2 / MEBIBYTE);
    variables.append("NODE_OPTIONS", ` --max-old-space-size=${half}`);
    // Java's own default is a quarter of the machine's memory; -Xmx in a command line wins over this.
    variables.append("JAVA_TOOL_OPTIONS", ` -Xmx${half}m`);
  };

  link.on("memory", ({ used_bytes: used, limit_bytes: limit }) => {
    if (!limit) return item.hide();
    hint(limit);
    tellLimit(limit);
    const isNearlyFull = used >= NEARLY_FULL * limit;
    item.text = `$(pulse) ${words(used)} of ${words(limit)}`;
    item.tooltip = isNearlyFull
      ? "The memory of this workspace is nearly full. Stop programs that you do not need, or the largest one is ended."
      : "Memory that the programs of this workspace use, VS Code included.";
    // Not "status": that would be read out at each change, every two seconds.
    item.accessibilityInformation = { label: `Memory: ${words(used)} of ${words(limit)} used`, role: "img" };
    item.backgroundColor = isNearlyFull ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  });
  context.subscriptions.push(item);
  return limitBytes;
}

function words(bytes) {
  const gigabytes = bytes / (1024 * MEBIBYTE);
  return gigabytes >= 1 ? `${gigabytes.toFixed(1).replace(".0", "")} GB` : `${Math.round(bytes / MEBIBYTE)} MB`;
}

module.exports = { showMemory };
