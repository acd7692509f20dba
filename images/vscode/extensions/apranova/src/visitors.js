// Who is in the workspace besides the student, in the status bar for as long as they are.
"use strict";

const vscode = require("vscode");

function showVisitors(context, link) {
  const item = vscode.window.createStatusBarItem("apranova.visitors", vscode.StatusBarAlignment.Left, 10_000);
  item.name = "ApraNova: who is here";
  item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");

  link.on("visitors", ({ text }) => {
    if (!text) {
      item.hide();
      return;
    }
    item.text = `$(eye) ${text}`;
    item.tooltip = "Your dashboard says since when and until when, and what they can do.";
    item.accessibilityInformation = { label: text };
    item.show();
  });
  context.subscriptions.push(item);
}

module.exports = { showVisitors };
