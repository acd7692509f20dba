// What counts as a person: keys and pointer in this window. VS Code itself keeps `window.state.active` true until a
// minute after the last of them, so an open tab that nobody touches says nothing. Typing is told at once, because it is
// the reason a student recognises; otherwise the state is told again while it lasts.
"use strict";

const vscode = require("vscode");

const TYPING_REPORT_MS = 5_000;
const STILL_ACTIVE_REPORT_MS = 30_000;

function reportActivity(context, link) {
  let typingReportedAt = 0;

  const reportWindow = () => {
    if (vscode.window.state.active) link.send({ type: "activity", what: "window" });
  };

  context.subscriptions.push(
    vscode.window.onDidChangeWindowState(reportWindow),
    vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.contentChanges.length === 0 || !isTypedByPerson(event)) return;
      if (Date.now() - typingReportedAt < TYPING_REPORT_MS) return;
      typingReportedAt = Date.now();
      link.send({ type: "activity", what: "typing" });
    }),
  );
  const timer = setInterval(reportWindow, STILL_ACTIVE_REPORT_MS);
  context.subscriptions.push({ dispose: () => clearInterval(timer) });
  link.onConnected(reportWindow);
}

// A formatter, a git checkout or a watcher changes documents too: only a change of the document in front of an active
// person is typing.
function isTypedByPerson(event) {
  return vscode.window.state.active && vscode.window.activeTextEditor?.document === event.document;
}

module.exports = { reportActivity };
