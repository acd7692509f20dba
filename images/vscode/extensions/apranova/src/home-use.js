// How full the student's home is, in the status bar next to the memory.
"use strict";

const vscode = require("vscode");

function showHomeUse(context, link) {
  const item = vscode.window.createStatusBarItem("apranova.home", vscode.StatusBarAlignment.Right, 8_999);
  item.name = "ApraNova: home";

  link.on("home_use", ({ text, nearly_full: isNearlyFull }) => {
    item.text = `$(home) ${text}`;
    item.tooltip = isNearlyFull
      ? "Little or no room is left in your home. Delete files that you do not need, for example node_modules of old projects."
      : "What your files take of the room that your home has.";
    item.accessibilityInformation = { label: `Home: ${text} used`, role: "img" };
    item.backgroundColor = isNearlyFull ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  });
  context.subscriptions.push(item);
}

module.exports = { showHomeUse };
