// What counts as a person: keys and pointer in this window. VS Code keeps `window.state.active`
// true until a minute after the last of them, so an open tab that nobody touches sends nothing.
// Typing is reported at once, because students recognize it; otherwise the state is reported while
// it lasts.
"use strict";

const vscode = require("vscode");

const TYPING_REPORT_MS = 5_000;
const STILL_ACTIVE_REPORT_MS = 30_000;
const ACTIVE_MS = 60_000;
const WAKING_MS = 3_000;
const FIRST_MINUTE_MS = 65_000;

function reportActivity(context, link) {
  const startedAt = Date.now();
  let isPersonSeen = false;
  let wasActive = true;
  let changedAt = 0;
  let typedAt = 0;
  let typingReportedAt = 0;

  const reportTyping = () => {
    typedAt = Date.now();
    if (typedAt - typingReportedAt < TYPING_REPORT_MS) return;
    typingReportedAt = typedAt;
    link.send({ type: "activity", what: "typing" });
  };
  const reportWindow = () => {
    const { active } = vscode.window.state;
    if (active && !wasActive) isPersonSeen = true;
    wasActive = active;
    // VS Code calls a window active for its first minute, whoever opened it: a restored tab is no
    // person.
    if (Date.now() - startedAt > FIRST_MINUTE_MS) isPersonSeen = true;
    if (!active || !isPersonSeen) return;
    // The first key after a pause changes the text just before the window counts as active again.
    if (Date.now() - changedAt < WAKING_MS) return reportTyping();
    // The window stays active for a minute after the last key: the last action still counts.
    link.send({ type: "activity", what: Date.now() - typedAt < ACTIVE_MS ? "typing" : "window" });
  };

  context.subscriptions.push(
    vscode.window.onDidChangeWindowState(reportWindow),
    vscode.workspace.onDidChangeTextDocument((event) => {
      // A formatter, a git checkout or a watcher changes documents too: only a change of the
      // document in front of an active person is typing.
      if (event.contentChanges.length === 0 || vscode.window.activeTextEditor?.document !== event.document) return;
      changedAt = Date.now();
      isPersonSeen = true;
      if (vscode.window.state.active) reportTyping();
    }),
  );
  const timer = setInterval(reportWindow, STILL_ACTIVE_REPORT_MS);
  context.subscriptions.push({ dispose: () => clearInterval(timer) });
  link.onConnected(reportWindow);
}

module.exports = { reportActivity };
