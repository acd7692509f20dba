// The connection to Tailwind's language server; what its own extension adds to the protocol is here.
"use strict";

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

const HEAP_MB_MAX = 384; // with less than 250 it ends while it reads Tailwind's own classes
const OF_THE_STUDENTS_MAKING = /-\[(?:[a-z]+|(?:#|rgba?\(|hsla?\()[^\]]+)\]$/i; // "bg-[#ff8800]"

async function start(module, { languages, log }) {
  const run = { module, transport: TransportKind.ipc, options: { execArgv: [`--max-old-space-size=${HEAP_MB_MAX}`] } };
  const squares = vscode.window.createTextEditorDecorationType({
    before: { width: "0.8em", height: "0.8em", contentText: " ", border: "0.1em solid", margin: "0.1em 0.2em 0" },
  });
  const client = new LanguageClient("apranova.tailwind", "Tailwind CSS", { run, debug: run }, {
    documentSelector: languages.map((language) => ({ scheme: "file", language })),
    outputChannel: log,
    diagnosticCollectionName: "tailwindcss",
    middleware: { provideDocumentColors: (document, token, next) => showColors(document, token, next, squares) },
  });
  client.onRequest("@/tailwindCSS/getDocumentSymbols", ({ uri }) =>
    vscode.commands.executeCommand("vscode.executeDocumentSymbolProvider", vscode.Uri.parse(uri)),
  );
  for (const kind of ["error", "warn"]) {
    client.onNotification(`@/tailwindCSS/${kind}`, ({ message }) => log[kind](message));
  }
  await client.start();
  return {
    dispose: async () => {
      squares.dispose();
      await client.dispose();
    },
  };
}

// VS Code offers to choose another color, which only a color that stands in the class can become; the
// others get a square that offers nothing.
async function showColors(document, token, next, squares) {
  const colors = (await next(document, token)) ?? [];
  const isOwn = ({ range }) => OF_THE_STUDENTS_MAKING.test(document.getText(range));
  const shown = colors.filter((color) => !isOwn(color)).map(({ range, color: { red, green, blue, alpha } }) => {
    const backgroundColor = `rgba(${red * 255}, ${green * 255}, ${blue * 255}, ${alpha})`;
    return { range, renderOptions: { before: { backgroundColor } } };
  });
  const editors = vscode.window.visibleTextEditors.filter((editor) => editor.document === document);
  for (const editor of editors) editor.setDecorations(squares, shown);
  return colors.filter(isOwn);
}

module.exports = { start };
