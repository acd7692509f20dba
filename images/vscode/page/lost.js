// Says that the workspace's task has died, and opens the page again as soon as the door can start
// another. VS Code alone notices after half a minute, and until then seems to take what is typed.
// It asks only after a connection has closed, so a tab at work costs nothing.
"use strict";

(() => {
  const ASK_EVERY_MS = 500;
  const ASK_WITHIN_MS = 2_000;
  const AWAY_TOLERATED_MS = 1_500; // a restart of a part of the platform: VS Code connects again by itself
  const READ_MS = 1_000; // or the page would go before the person has read why
  const RELAUNCHES_MAX = 2; // in this tab, within the time below: then a person decides
  const RELAUNCHES_WITHIN_MS = 10 * 60_000;
  const STORED = "apranova.relaunches";
  const TEXTS = {
    away: ["The connection to your workspace is lost", "It comes back by itself. You can go on typing."],
    unavailable: ["One moment", "A part of the platform restarts. You can go on typing."],
    workspace_silent: ["Your workspace is not answering", "One moment…"],
    task_ended: ["Your workspace stopped", "Starting it again…"],
    again: ["Your workspace stopped again", "Your files are safe.", "Start it again"],
    not_running: ["Your workspace has stopped", "Everything is as you left it.", "Start it again"],
    visit_ended: ["Your visit has ended", "What you changed is in the student's workspace.", "Look again"],
    not_entered: ["You are signed out of this workspace", "Your files are safe.", "Open it again"],
  };
  const GOES_ON = ["away", "unavailable"]; // what is typed meanwhile is saved when the connection is back

  let asking = false;
  let leaving = false;
  let notice;

  window.WebSocket = class extends window.WebSocket {
    constructor(...words) {
      super(...words);
      if (new URL(this.url).host === window.location.host) this.addEventListener("close", watch);
    }
  };
  // VS Code would ask whether to leave, as it cannot save any more.
  window.addEventListener("beforeunload", (event) => leaving && event.stopImmediatePropagation(), true);

  async function watch() {
    if (asking || leaving) return;
    asking = true;
    const began = Date.now();
    for (;;) {
      const found = await ask();
      if (found === "alive" || leaving) break;
      if (found === "task_ended") {
        if (mayRelaunch()) {
          show(found);
          setTimeout(reopen, READ_MS);
          return;
        }
        show("again");
        return;
      }
      if (!GOES_ON.includes(found) || Date.now() - began >= AWAY_TOLERATED_MS) show(found);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
    asking = false;
    hide();
  }

  async function ask() {
    try {
      const answer = await fetch("/version", { cache: "no-store", signal: AbortSignal.timeout(ASK_WITHIN_MS) });
      if (answer.ok) return "alive";
      if (!answer.headers.get("content-type")?.endsWith("json")) return "workspace_silent"; // the agent itself
      const { reason } = await answer.json();
      return reason in TEXTS ? reason : "unavailable";
    } catch {
      return "away";
    }
  }

  function mayRelaunch() {
    const since = Date.now() - RELAUNCHES_WITHIN_MS;
    const earlier = JSON.parse(sessionStorage.getItem(STORED) ?? "[]").filter((at) => at > since);
    if (earlier.length >= RELAUNCHES_MAX) return false;
    sessionStorage.setItem(STORED, JSON.stringify([...earlier, Date.now()]));
    return true;
  }

  function reopen() {
    leaving = true;
    window.location.reload();
  }

  function show(what) {
    if (notice?.dataset.what === what) return;
    const [title, text, button] = TEXTS[what];
    hide();
    notice = document.createElement("div");
    notice.dataset.what = what;
    notice.setAttribute("role", "alert");
    Object.assign(notice.style, {
      position: "fixed", zIndex: 100_000, top: "16px", left: "50%", transform: "translateX(-50%)",
      boxSizing: "border-box", width: "max-content", maxWidth: "calc(100vw - 32px)", padding: "12px 20px", borderRadius: "8px",
      font: "15px/1.4 system-ui, sans-serif", color: "#fff", background: "#1e293b", border: "1px solid #94a3b8",
      boxShadow: "0 4px 24px rgb(0 0 0 / 50%)",
    });
    notice.append(element("strong", title), element("div", text));
    if (button) {
      const again = element("button", button);
      Object.assign(again.style, { marginTop: "8px", padding: "6px 12px", font: "inherit", cursor: "pointer" });
      again.addEventListener("click", reopen);
      notice.append(again);
    }
    // A dead editor must not take text that nobody will ever save.
    for (const part of document.body.children) part.inert = !GOES_ON.includes(what);
    document.body.append(notice);
    if (!button) return;
    notice.tabIndex = -1; // not the button: the next space of somebody who types would press it
    notice.focus();
  }

  function hide() {
    if (!notice) return;
    for (const part of document.body.children) part.inert = false;
    notice.remove();
    notice = undefined;
  }

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }
})();
