// VS Code's auto-save waits for a pause: a minute of typing without one saves nothing. Here a
// document is saved 2.5 s after it became dirty at the latest (a throttle), and all at once when
// the agent asks.
"use strict";

const vscode = require("vscode");

const DIRTY_MAX_MS = 2_500;

function saveInTime(context, link) {
  const timers = new Map();
  let unsavedTold;

  const tellUnsaved = () => {
    const count = dirtyDocuments().length;
    if (count === unsavedTold) return;
    unsavedTold = count;
    link.send({ type: "unsaved", count });
  };

  context.subscriptions.push(
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      tellUnsaved();
      if (!document.isDirty || !isSavable(document) || timers.has(document)) return;
      timers.set(
        document,
        setTimeout(async () => {
          timers.delete(document);
          if (document.isDirty && !document.isClosed) await saveQuietly(document);
        }, DIRTY_MAX_MS),
      );
    }),
    vscode.workspace.onDidSaveTextDocument(tellUnsaved),
    vscode.workspace.onDidCloseTextDocument(tellUnsaved),
    { dispose: () => timers.forEach(clearTimeout) },
  );

  link.onConnected(() => {
    unsavedTold = undefined;
    tellUnsaved();
  });
  link.on("save", async ({ id }) => {
    const documents = dirtyDocuments();
    const saved = await Promise.allSettled(documents.map((document) => document.save()));
    const failed = documents.filter((_, index) => saved[index].status === "rejected" || !saved[index].value);
    link.send({ type: "saved", id, documents: documents.length, failed: failed.map(nameOf) });
    tellUnsaved();
  });
}

// Untitled text has no file; VS Code keeps it on the server (hot exit), as it does diffs and
// output.
function isSavable(document) {
  return !document.isUntitled && document.uri.scheme === "file";
}

function dirtyDocuments() {
  const texts = vscode.workspace.textDocuments.filter((document) => document.isDirty && isSavable(document));
  const notebooks = vscode.workspace.notebookDocuments.filter((notebook) => notebook.isDirty && isSavable(notebook));
  return [...texts, ...notebooks];
}

// `document.save()` counts as a save by hand and would run "format on save" under the student's
// fingers.
async function saveQuietly(document) {
  if (vscode.window.activeTextEditor?.document === document) {
    await vscode.commands.executeCommand("workbench.action.files.saveWithoutFormatting");
  } else {
    await document.save();
  }
}

function nameOf(document) {
  return vscode.workspace.asRelativePath(document.uri);
}

module.exports = { saveInTime };
