"""What a student does in the browser, in the words of the screens."""

from __future__ import annotations

import contextlib
import re

from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as NeverShown

from tests.command_list import open_list, run_command
from tests.product import Account, Product
from tests.waiting import until

LAUNCH_WITHIN_MS = 60_000


class Student:
    """One person in one browser profile: the portal in one tab, VS Code in another."""

    def __init__(self, page: Page, product: Product, account: Account) -> None:
        self.portal = page
        self.product = product
        self.account = account
        self.complaints: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))

    def _note(self, kind: str, text: str) -> None:
        # The first question, "who is signed in?", gets a 401, which the browser logs.
        if kind == "error" and "401" not in text:
            self.complaints.append(text)

    @property
    def context(self) -> BrowserContext:
        return self.portal.context

    def sign_in(self) -> None:
        self.portal.goto(f"{self.product.url}/signin")
        self.portal.get_by_label("Email").fill(self.account.email)
        self.portal.get_by_label("Password", exact=True).fill(self.account.password)
        self.portal.get_by_role("button", name="Sign in").click()
        self.portal.wait_for_url("**/dashboard")

    def launch(self) -> VSCode:
        """Click *Launch Workspace*; returns the VS Code tab that opened, painted."""
        button = self.portal.get_by_role("button", name=re.compile("Launch Workspace|Try again"))
        expect(button).to_be_enabled(timeout=LAUNCH_WITHIN_MS)
        with self.context.expect_page() as opened:
            button.click()
        return VSCode(opened.value)

    def open(self) -> VSCode:
        with self.context.expect_page() as opened:
            self.portal.get_by_role("link", name=re.compile("Open Workspace")).click()
        return VSCode(opened.value)

    def enter(self) -> VSCode:
        """Launch, or open what an earlier test left running."""
        running = self.portal.get_by_role("link", name=re.compile("Open Workspace"))
        stopped = self.portal.get_by_role("button", name=re.compile("Launch Workspace|Try again"))
        running.or_(stopped).first.wait_for(timeout=LAUNCH_WITHIN_MS)
        return self.open() if running.is_visible() else self.launch()

    def press_stop(self) -> None:
        """Where programs still run, the portal names them and asks once more."""
        self.portal.get_by_role("button", name="Stop", exact=True).first.click()
        again = self.portal.get_by_role("dialog").get_by_role("button", name="Save and stop")
        ends = self.portal.get_by_text(re.compile("^(Stopping|Stopped)$"))
        again.or_(ends).first.wait_for(timeout=15_000)
        if again.is_visible():
            again.click()

    def stop(self, *, within_s: float = 30) -> None:
        self.press_stop()
        self.expect_state("Stopped", within_s=within_s)

    def expect_state(self, chip: str, *, within_s: float = 30) -> None:
        expect(self.portal.get_by_text(chip, exact=True).first).to_be_visible(timeout=within_s * 1000)

    def workspace_id(self) -> str:
        items = self.portal.request.get(f"{self.product.url}/api/workspace/").json()["items"]
        found: str = items[0]["id"]
        return found


class VSCode:
    """The workbench in its own tab, used with the keyboard as a student would."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wait_until_painted()

    def wait_until_painted(self) -> None:
        self.page.wait_for_selector(".monaco-workbench", timeout=LAUNCH_WITHIN_MS)
        self.page.wait_for_selector(".explorer-folders-view .monaco-list-row", timeout=LAUNCH_WITHIN_MS)

    def open_file(self, name: str) -> None:
        open_list(self.page, "Control+p").fill(name)
        self.page.locator(".quick-input-list .monaco-list-row", has_text=name).first.wait_for()
        self.page.keyboard.press("Enter")
        self.page.locator(".tab.active", has_text=name).wait_for()

    def new_untitled(self, text: str) -> None:
        """Text that was never given a name: the thing people lose elsewhere."""
        run_command(self.page, "File: New Untitled Text File")
        self.page.locator(".tab.active", has_text="Untitled").wait_for()
        self.page.locator(".monaco-editor .view-lines").last.click()
        self.page.keyboard.type(text)

    def terminal(self, command: str, *, new: bool = False) -> None:
        """Type a command line into the terminal, opening one if there is none, or a `new` one."""
        # After a reload an earlier terminal may come back late, and take the keys from a new one.
        shown = self.page.locator(".terminal-wrapper.active")
        with contextlib.suppress(NeverShown):
            shown.first.wait_for(state="attached", timeout=3_000)
        run_command(
            self.page, "Terminal: Focus Terminal" if shown.count() and not new else "Terminal: Create New Terminal"
        )
        # The second, if there is one, belongs to the command that sticks to the top.
        input_of_shown = shown.locator(".xterm-helper-textarea").first
        input_of_shown.wait_for(state="attached", timeout=LAUNCH_WITHIN_MS)
        self.page.wait_for_timeout(1500)  # the shell prints its prompt; there is nothing in the page to wait for
        input_of_shown.focus()
        expect(input_of_shown).to_be_focused()
        self.page.keyboard.type(command + "\n")

    def make_file(self, name: str, text: str) -> None:
        self.run_for_file(f"echo '{text}' > {name}", name)

    def run_for_file(self, command: str, name: str) -> None:
        """Use the terminal for a command that makes a file. After a reload a late one may take the
        keys: so look for the file, and try a new terminal if it does not come."""
        for new in (False, True, True):
            self.terminal(command, new=new)
            with contextlib.suppress(NeverShown):
                self._in_explorer(name).wait_for(timeout=20_000)
                return
        rows = self.page.locator(".xterm-rows").all_inner_texts()
        raise AssertionError(f"{name} never came into the explorer; the terminals show {rows}")

    def expect_text(self, text: str) -> None:
        lines = self.page.locator(".view-lines", has_text=text)
        expect(lines.first).to_be_visible(timeout=LAUNCH_WITHIN_MS)

    def show_tab(self, name: str, text: str) -> None:
        """Click a tab until its text is there: a late tab moves it from under a click."""
        tab = self.page.locator(".tab", has_text=name).first
        lines = self.page.locator(".view-lines", has_text=text).first

        def is_shown() -> bool:
            tab.click(timeout=5_000)
            lines.wait_for(timeout=5_000)
            return True

        until(is_shown, f"{name} never showed {text!r}", ignoring=NeverShown)

    def expect_file(self, name: str) -> None:
        expect(self._in_explorer(name)).to_be_visible(timeout=LAUNCH_WITHIN_MS)

    def expect_problem(self) -> None:
        """Language help has something against the file that is shown."""
        expect(self.page.locator(".monaco-editor .squiggly-error").first).to_be_visible(timeout=2 * LAUNCH_WITHIN_MS)

    def open_from_explorer(self, name: str) -> None:
        self.expect_file(name)
        self._in_explorer(name).dblclick()
        self.page.locator(".tab.active", has_text=name).wait_for()

    def _in_explorer(self, name: str) -> Locator:
        return self.page.locator(".explorer-folders-view .monaco-list-row", has_text=name).first
