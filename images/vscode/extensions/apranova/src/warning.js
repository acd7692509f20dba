// The workspace is about to stop: say so, count down in the status bar, and let the student keep
// it. Or it stops now: what is shown last stays in the browser after we are gone, so it must work
// alone.
"use strict";

const vscode = require("vscode");

const KEEP_RUNNING = "Keep running";
const KEEP_RUNNING_S = 2 * 3600;
const RELOAD = "workbench.action.reloadWindow";

function showWarnings(context, link) {
  const item = vscode.window.createStatusBarItem("apranova.timeLeft", vscode.StatusBarAlignment.Right, 10_000);
  item.name = "ApraNova: time left";
  item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
  let countdown;
  let shown = "";

  const end = () => {
    clearInterval(countdown);
    countdown = undefined;
    shown = "";
    item.hide();
  };
  const keepRunning = () => {
    end();
    link.send({ type: "keep_running", until: Date.now() / 1000 + KEEP_RUNNING_S });
    vscode.window.setStatusBarMessage("ApraNova: the workspace keeps running", 5_000);
  };

  link.on("warn", async ({ stops_at: stopsAt, text, may_keep: mayKeep }) => {
    const isNew = shown !== text;
    end();
    shown = text;
    item.command = mayKeep ? "apranova.keepRunning" : undefined;
    item.tooltip = mayKeep ? "This workspace stops soon because nobody uses it. Click to keep it running." : text;
    const show = () => {
      const leftS = Math.max(0, Math.round(stopsAt - Date.now() / 1000));
      item.text = `$(clock) Stops in ${Math.floor(leftS / 60)}:${String(leftS % 60).padStart(2, "0")}`;
      item.show();
    };
    show();
    countdown = setInterval(show, 1_000);
    const buttons = mayKeep ? [KEEP_RUNNING] : [];
    if (isNew && (await vscode.window.showWarningMessage(text, ...buttons)) === KEEP_RUNNING) keepRunning();
  });
  link.on("notice", ({ text, is_news: isNews }) => {
    const show = isNews ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    show(/[.!?…]$/.test(text) ? text : `${text}.`);
  });
  link.on("unwarn", end);
  link.on("ended", async () => {
    end();
    item.text = "$(debug-disconnect) Stopped: reload";
    item.tooltip = "This workspace has stopped. Click to load the page again.";
    item.command = RELOAD;
    item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
    item.show();
    await vscode.commands.executeCommand("notifications.clearAll"); // nobody answers them any more
    vscode.window.showWarningMessage(`This workspace has stopped. [Reload the page](command:${RELOAD})`);
    link.send({ type: "ended" }); // the agent waits for it
  });

  context.subscriptions.push(item, { dispose: end }, vscode.commands.registerCommand("apranova.keepRunning", keepRunning));
}

module.exports = { showWarnings };
