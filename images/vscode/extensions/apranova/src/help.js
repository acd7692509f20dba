// *I need help* in the status bar, the same call as in the portal. Nothing in the workspace may
// call for the student: the gateway hears the student's own browser, by the workspace's cookie, which
// only the page has. So VS Code's page asks for us, and a visitor's page is refused.
"use strict";

const vscode = require("vscode");

const COMMAND = "apranova.help";
const FETCH_IN_THE_PAGE = "_workbench.fetchJSON";
const ADDRESS = "/_apranova/help";
const TAKE_BACK = "I need no help any more";
const RETRY_FIRST_MS = 2_000;
const RETRY_MAX_MS = 300_000;
const ASKED = "Your instructors see that you need help.";
const FAILED = "Your instructors could not be told. Try again, or press “I need help” on your dashboard.";

function offerHelp(context, link) {
  const item = vscode.window.createStatusBarItem(COMMAND, vscode.StatusBarAlignment.Left, 9_999);
  item.name = "ApraNova: help";
  item.command = COMMAND;
  let asked = false;

  const show = (state) => {
    asked = state.asked;
    if (!state.can_ask) return item.hide();
    item.text = asked ? "$(bell-dot) Help asked" : "$(bell) I need help";
    item.tooltip = asked ? `${ASKED} Click to take it back.` : "Your instructors see it on their page of the class.";
    item.accessibilityInformation = { label: asked ? "Help asked" : "I need help", role: "button" };
    item.show();
  };
  // One after the other: an answer from before a change must not be shown after it.
  let last = Promise.resolve();
  const ask = (method) => {
    const answer = () => vscode.commands.executeCommand(FETCH_IN_THE_PAGE, ADDRESS, method).then(show);
    last = last.then(answer, answer);
    return last;
  };
  // No page yet, or the platform restarts: it asks again. A visitor's page is refused each time.
  let timer;
  let pause = RETRY_FIRST_MS;
  const refresh = async () => {
    clearTimeout(timer);
    try {
      await ask("GET");
      pause = RETRY_FIRST_MS;
    } catch {
      item.hide();
      timer = setTimeout(refresh, pause);
      pause = Math.min(2 * pause, RETRY_MAX_MS);
    }
  };
  const change = async (method) => {
    try {
      await ask(method);
    } catch {
      vscode.window.showErrorMessage(FAILED);
    }
  };
  const press = async () => {
    if (!asked) await change("PUT");
    if (asked && (await vscode.window.showInformationMessage(ASKED, TAKE_BACK)) === TAKE_BACK) await change("DELETE");
  };

  link.on("help_changed", refresh);
  context.subscriptions.push(
    item,
    { dispose: () => clearTimeout(timer) },
    vscode.commands.registerCommand(COMMAND, press),
    vscode.window.onDidChangeWindowState(({ focused }) => focused && refresh()),
  );
  refresh();
}

module.exports = { offerHelp };
