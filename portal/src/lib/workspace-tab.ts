/**
 * A new tab for a workspace. It must be opened within a second of the click, or the browser blocks
 * it as a pop-up.
 *
 * The tab starts empty and goes to the workspace when the launch is answered: opening the door
 * earlier would launch a second time. Its `opener` is removed first, because code in a workspace
 * must not be able to control the portal's tab.
 */
export interface WorkspaceTab {
  /** False when the browser did not allow the tab. */
  opened: boolean;
  goTo(url: string): void;
  close(): void;
}

export function openWorkspaceTab(title = "Starting your workspace"): WorkspaceTab {
  const tab = window.open("about:blank", "_blank");
  if (tab === null) return { opened: false, goTo: () => undefined, close: () => undefined };
  tab.opener = null;
  tab.document.title = title;
  return {
    opened: true,
    goTo: (url) => tab.location.replace(new URL(url, window.location.origin)),
    close: () => tab.close(),
  };
}
