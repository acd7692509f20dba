// The workbench's colors before VS Code has painted anything: for its first seconds the page would
// be white. VS Code stores the colors of the last visit; a first visit gets those of its own themes.
"use strict";

(() => {
  const STORED = "monaco-parts-splash"; // VS Code's own
  const USUAL = {
    dark: { shell: "#191a1b", editor: "#121314" },
    light: { shell: "#fafafd", editor: "#ffffff" },
  };
  const TITLE_PX = 35;
  const SIDE_PX = 352; // with the activity bar
  const STATUS_PX = 28;

  function colors() {
    const usual = USUAL[window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"];
    let seen = {};
    try {
      seen = JSON.parse(window.localStorage.getItem(STORED))?.colorInfo ?? {};
    } catch {
      // Damaged: the usual colors are good enough.
    }
    return {
      title: seen.titleBarBackground ?? usual.shell,
      side: seen.sideBarBackground ?? usual.shell,
      status: seen.statusBarBackground ?? usual.shell,
      editor: seen.editorBackground ?? usual.editor,
    };
  }

  // Fixed: the areas are the window's, as the page has no height yet. The last color covers all, and
  // is not the editor's: Chromium takes a page whose last color is white for not painted.
  const area = (color, place, size) => `linear-gradient(${color}, ${color}) ${place} / ${size} no-repeat fixed`;
  const { title, side, status, editor } = colors();
  document.documentElement.style.background = [
    area(title, "0 0", `100% ${TITLE_PX}px`),
    area(status, "0 100%", `100% ${STATUS_PX}px`),
    area(editor, `${SIDE_PX}px 0`, "100% 100%"),
    side,
  ].join(", ");
})();
