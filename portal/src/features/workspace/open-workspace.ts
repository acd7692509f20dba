/**
 * Opens a workspace in a tab of its own. Must be called within a second of the click, or the browser takes the tab for a pop-up.
 *
 * The tab starts empty and is sent on when the launch is answered: a door that was opened before would launch a second time,
 * beside it. Its `opener` is cut first: what students run in a workspace must not be able to steer the portal's tab.
 */
export interface WorkspaceTab {
  /** False when the browser did not allow the tab. */
  opened: boolean;
  goTo(url: string): void;
  close(): void;
}

export function openWorkspaceTab(): WorkspaceTab {
  const tab = window.open("about:blank", "_blank");
  if (tab === null) return { opened: false, goTo: () => undefined, close: () => undefined };
  tab.opener = null;
  tab.document.title = "Starting your workspace";
  return {
    opened: true,
    goTo: (url) => tab.location.replace(new URL(url, window.location.origin)),
    close: () => tab.close(),
  };
}
