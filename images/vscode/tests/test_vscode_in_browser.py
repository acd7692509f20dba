"""code-server behind the agent, in a real Chromium: what a student does and finds again."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, Request

from contract.agent import PROGRAM_ENDED_SIGNAL
from images.vscode.tests.conftest import Desk
from tests.command_list import run_command
from tests.waiting import until

STATIC_FILE = re.compile(r"\.(js|css|svg|ico|png|ttf|woff2?|wasm|html)$")
SERVICE_WORKER = "/_static/out/browser/serviceWorker.js"
"""code-server's empty one, which the browser takes only from where code-server allows."""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def open_file(page: Page, name: str) -> None:
    page.get_by_role("treeitem", name=name).first.dblclick()
    page.wait_for_selector(f'.tab[data-resource-name="{name}"]')
    page.wait_for_selector(".monaco-editor .view-line")


def type_text(page: Page, text: str) -> None:
    page.locator(".editor-instance").first.click(position={"x": 300, "y": 60}, force=True)
    page.keyboard.press("Control+End")
    page.keyboard.type(text, delay=10)


def tabs(page: Page) -> list[str]:
    return [str(tab.get_attribute("data-resource-name")) for tab in page.locator(".tabs-container .tab").all()]


def test_a_students_day(desk: Desk) -> None:
    """Type, see it saved, see the activity; use the terminal; find the tabs in a fresh browser."""
    (desk.project / "notes.txt").write_text("")
    foreign: list[str] = []
    page = desk.open_tab()

    def note(request: Request) -> None:
        if not request.url.startswith((desk.gateway.url, "data:", "blob:", desk.gateway.url.replace("http", "ws"))):
            foreign.append(request.url)

    page.on("request", note)
    assert desk.gateway.static_requests > 5
    files = {target for target in desk.gateway.task_requests if STATIC_FILE.search(target)}
    assert files <= {SERVICE_WORKER}, "the edge serves every other static file"
    until(lambda: desk.task.status()["sessions"] >= 2)
    opened = desk.task.status()
    assert opened["activity_reason"] == "launched it", "an open tab alone is no activity"

    open_file(page, "notes.txt")
    open_file(page, "README.md")
    open_file(page, "notes.txt")
    type_text(page, "first line of the day")
    until(lambda: "first line of the day" in (desk.project / "notes.txt").read_text())

    until(lambda: typing_is_seen(desk, page))
    assert desk.task.status()["last_activity_at"] > opened["last_activity_at"]

    page.keyboard.press("Control+Backquote")
    page.wait_for_selector(".terminal-wrapper .xterm-screen")
    made = desk.project / "made-in-the-terminal"

    def command_arrived() -> bool:
        page.keyboard.type("echo $HOME $NODE_OPTIONS $(node -p 6*7) $NODE_EXEC_PATH > made-in-the-terminal\n", delay=5)
        time.sleep(2)
        return made.exists() and made.read_text() != ""

    until(command_arrived)
    home, answer, node_of_the_code_command = made.read_text().split()
    assert (home, answer) == (str(desk.home), "42")
    assert node_of_the_code_command.endswith("/bin/node")
    # The kernel rounds a terminal's times to 8 s, so typing takes a while to be seen.
    until(lambda: command_arrived() and desk.task.status()["activity_reason"] == "used the terminal")

    until(lambda: "README.md" in stored_tabs(desk))
    page.context.close()
    fresh = desk.open_tab()
    until(lambda: set(tabs(fresh)) >= {"notes.txt", "README.md"})
    assert foreign == []


def test_the_terminal_opens_files_in_the_editor_and_git_asks_there_for_its_message(desk: Desk) -> None:
    for name in ("left.txt", "right.txt", "lines.txt"):
        (desk.project / name).write_text("".join(f"line {number} of {name}\n" for number in range(1, 40)))
    # VS Code asks a login shell, and here the machine's own profile forgets the PATH.
    (server,) = psutil.Process(desk.task.process.pid).children()
    (desk.home / ".profile").write_text(f"export PATH={server.environ()['PATH']}\n")
    page = desk.open_tab()
    page.keyboard.press("Control+Backquote")
    page.wait_for_selector(".terminal-wrapper .xterm-screen")
    ready = desk.project / "ready"

    def in_terminal(command: str) -> None:
        page.locator(".terminal-wrapper.active .xterm-helper-textarea").first.focus()
        page.keyboard.type(f"{command}\n", delay=5)

    def is_ready() -> bool:
        in_terminal("touch ready")
        time.sleep(1)
        return ready.exists()

    until(is_ready)
    in_terminal("code -g lines.txt:31")
    page.wait_for_selector('.tab.active[data-resource-name="lines.txt"]')
    page.get_by_text("Ln 31, Col 1").wait_for()
    in_terminal("code -d left.txt right.txt")
    page.wait_for_selector(".monaco-diff-editor .monaco-editor.focused")  # before, it takes the keys away
    in_terminal("echo from a pipe | code -")
    until(lambda: "from a pipe" in text_of_editor(page))
    in_terminal("git add lines.txt && git commit; git log --format=%s > committed")
    page.wait_for_selector('.tab.active[data-resource-name="COMMIT_EDITMSG"]')
    # Its tab comes before its text: until then the keys would go to the editor of before.
    until(lambda: "Please enter the commit message" in text_of_editor(page))
    page.locator(".editor-instance").first.click(position={"x": 300, "y": 10}, force=True)
    page.keyboard.press("Control+Home")
    page.keyboard.type("My first commit")
    page.keyboard.press("Control+S")
    until(lambda: (desk.project / ".git/COMMIT_EDITMSG").read_text().startswith("My first commit\n"))
    run_command(page, "View: Close Editor")
    committed = desk.project / "committed"
    until(lambda: committed.exists() and committed.read_text() == "My first commit\n")


def text_of_editor(page: Page) -> str:
    return page.locator(".editor-instance").first.inner_text().replace("\xa0", " ")


def typing_is_seen(desk: Desk, page: Page) -> bool:
    """The extension starts some seconds after the editor: a first line can come before it."""
    page.keyboard.type(" more", delay=10)
    time.sleep(0.5)
    return desk.task.status()["activity_reason"] == "typed in the editor"


def stored_tabs(desk: Desk) -> str:
    return "".join(file.read_text() for file in (desk.home / ".local/share/apranova/tabs").glob("*.json"))


def test_restored_tabs_never_take_the_keyboard(desk: Desk) -> None:
    """Two tabs are left open. In a fresh browser a third file is opened at once and typed into."""
    for name in ("notes.txt", "typed.txt"):
        (desk.project / name).write_text("")
    page = desk.open_tab()
    open_file(page, "notes.txt")
    open_file(page, "README.md")
    until(lambda: "notes.txt" in stored_tabs(desk) and "README.md" in stored_tabs(desk))
    page.context.close()

    fresh = desk.open_tab()
    open_file(fresh, "typed.txt")
    fresh.locator(".editor-instance").first.click(position={"x": 300, "y": 60}, force=True)
    line = "the quick brown fox jumps over the lazy dog "
    text = line * 9
    for word in re.findall(r"\w+ ", text):
        fresh.keyboard.type(word, delay=40)
    until(lambda: set(tabs(fresh)) >= {"notes.txt", "README.md", "typed.txt"})
    until(lambda: (desk.project / "typed.txt").read_text() == text)
    assert (desk.project / "notes.txt").read_text() == ""
    assert fresh.locator(".tab.active").get_attribute("data-resource-name") == "typed.txt"


def test_each_folder_has_its_own_tabs(desk: Desk) -> None:
    other = desk.home / "other"
    other.mkdir()
    (other / "own.txt").write_text("")
    page = desk.open_tab()
    open_file(page, "README.md")
    until(lambda: "README.md" in stored_tabs(desk))
    page.goto(f"{desk.gateway.url}?folder={other}")
    open_file(page, "own.txt")
    until(lambda: "own.txt" in stored_tabs(desk))
    assert tabs(page) == ["own.txt"]
    page.context.close()

    fresh = desk.open_tab()  # the folder that was open last
    until(lambda: tabs(fresh) == ["own.txt"])
    fresh.goto(f"{desk.gateway.url}?folder={desk.project}")
    until(lambda: tabs(fresh) == ["README.md"])


def test_an_open_tab_alone_is_no_activity(desk: Desk) -> None:
    desk.open_tab()
    until(lambda: desk.task.status()["sessions"] >= 2)
    time.sleep(12)  # the extension has started and would have told by now
    assert desk.task.status()["activity_reason"] == "launched it"


def test_endless_typing_is_on_disk_within_seconds_even_when_the_power_goes(desk: Desk) -> None:
    """VS Code's own auto-save waits for a pause; here is none."""
    (desk.project / "novel.txt").write_text("")
    page = desk.open_tab()
    open_file(page, "novel.txt")
    page.locator(".editor-instance").first.click(position={"x": 300, "y": 60}, force=True)
    until(lambda: typing_is_seen(desk, page))
    typed = 0
    until_at = time.monotonic() + 9
    while time.monotonic() < until_at:
        page.keyboard.type(" words" * 4, delay=50)
        typed += 4
    desk.kill()
    kept = (desk.project / "novel.txt").read_text().split().count("words")
    assert kept > 0.4 * typed, f"{kept} of {typed} words were on the disk"


def test_unsaved_and_untitled_text_is_there_after_a_restart(desk: Desk) -> None:
    page = desk.open_tab()
    page.keyboard.press("Control+Alt+N")
    page.locator(".explorer-folders-view").click(position={"x": 100, "y": 400})
    run_command(page, "File: New Untitled Text File")
    page.wait_for_selector('.tab[data-resource-name^="Untitled"]')
    type_text(page, "a thought without a file")
    backups = desk.home / ".local/share/code-server/User/Backups"
    until(lambda: any("a thought without" in file.read_text() for file in backups.rglob("*") if file.is_file()))
    page.context.close()
    desk.restart()
    again = desk.open_tab()
    again.wait_for_selector('.tab[data-resource-name^="Untitled"]')
    until(lambda: "thought" in again.locator(".monaco-editor").first.inner_text())


def test_what_is_typed_is_saved_after_a_crash_that_left_an_old_backup(desk: Desk) -> None:
    """The story: a lost connection, typing without a pause, a crash; then VS Code saved nothing."""
    file = desk.project / "novel.txt"
    file.write_text("")
    settings = desk.home / ".local/share/code-server/User/settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"files.autoSave": "off"}')
    page = desk.open_tab()
    open_file(page, file.name)
    backups = desk.home / ".local/share/code-server/User/Backups"
    type_text(page, "old ")
    (backup,) = until(lambda: [found for found in backups.rglob("*") if found.is_file() and "old" in found.read_text()])
    shutil.copy2(backup, desk.home / "kept")
    type_text(page, "and new ")
    assert desk.task.control("POST", "save")[1]["saved"]
    until(lambda: not backup.exists())
    until(lambda: list(backups.with_name("History").rglob("entries.json")))
    page.context.close()
    shutil.copy2(desk.home / "kept", backup)
    desk.restart()
    page = desk.open_tab()
    open_file(page, file.name)
    until(lambda: "new" in "".join(page.locator(".monaco-editor").all_inner_texts()))
    page.locator(".monaco-editor .view-lines").last.click()
    type_text(page, "text")
    until(lambda: desk.task.status()["unsaved"] == 1)
    assert desk.task.control("POST", "save")[1]["saved"]
    assert "text" in file.read_text()
    assert "and new" in file.read_text()


def test_save_writes_what_is_dirty_and_says_how_much(desk: Desk) -> None:
    (desk.project / "draft.txt").write_text("")
    settings = desk.home / ".local/share/code-server/User/settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"files.autoSave": "off"}')
    page = desk.open_tab()
    open_file(page, "draft.txt")
    time.sleep(3)
    type_text(page, "x")
    until(lambda: desk.task.status()["unsaved"] == 1)
    status, answer = desk.task.control("POST", "save")
    assert (status, answer["saved"], answer["failure"]) == (200, True, "")
    assert (desk.project / "draft.txt").read_text() == "x"
    until(lambda: desk.task.status()["unsaved"] == 0)


def test_a_warning_is_shown_and_keep_running_answers_it(desk: Desk) -> None:
    page = desk.open_tab()
    until(lambda: desk.task.status()["sessions"] >= 2)
    stops_at = time.time() + 300
    text = "This workspace stops in 5 minutes because nobody uses it"
    assert desk.task.control("POST", "warn", {"stops_at": stops_at, "text": text}) == (200, {})
    page.get_by_text(text).first.wait_for()
    page.get_by_text("Stops in 4:").wait_for()
    page.get_by_role("button", name="Keep running", exact=True).first.click()
    until(lambda: (desk.task.status()["keep_running_wish_until"] or 0) > stops_at)
    page.get_by_text("Stops in 4:").wait_for(state="hidden")


def test_a_full_home_is_said_and_its_end_of_grace_is_taken_back_by_the_manager_alone(desk: Desk) -> None:
    page = desk.open_tab()
    until(lambda: desk.task.status()["sessions"] >= 2)
    notice = "Your home uses 5.3 GB of 5.0 GB. Delete files that you do not need"
    desk.task.control("POST", "warn", {"stops_at": 0, "text": notice})
    page.get_by_text(notice).first.wait_for()
    warning = {"stops_at": time.time() + 300, "text": "This workspace stops soon: your home is full", "may_keep": False}
    desk.task.control("POST", "warn", warning)
    page.get_by_text("your home is full").first.wait_for()
    page.get_by_text("Stops in 4:").wait_for()
    assert page.get_by_role("button", name="Keep running", exact=True).count() == 0
    desk.task.control("POST", "warn", {"stops_at": 0, "text": ""})
    page.get_by_text("Stops in 4:").wait_for(state="hidden")


def test_memory_and_home_are_shown_and_a_program_that_was_ended_for_it_is_named_in_a_notice_and_in_its_terminal(
    desk: Desk,
) -> None:
    desk.task.end()
    desk.start_task().wait_for("ready")
    assert desk.task.claim(memory_bytes=1_536 << 20)[0] == 200
    desk.gateway.lead_to(desk.task.socket_path)
    (desk.project / "hungry.py").write_text(
        "import os, pathlib, time\n"
        "held = b'x' * (300 << 20)\n"
        "pathlib.Path('running').write_text(f\"{os.getpid()} {os.environ['NODE_OPTIONS']} {os.environ['JAVA_TOOL_OPTIONS']}\")\n"
        "time.sleep(600)\n"
    )
    page = desk.open_tab()
    page.get_by_text(re.compile(r"\d+ MB of 1\.5 GB")).first.wait_for()
    for text, nearly_full in (("1.2 GB of 5.0 GB", False), ("4.5 GB of 5.0 GB", True)):
        desk.task.control("POST", "home-use", {"text": text, "nearly_full": nearly_full})
        item = page.locator(".statusbar-item", has_text=text)
        item.wait_for()
        assert ("warning-kind" in (item.get_attribute("class") or "")) == nearly_full
    page.keyboard.press("Control+Backquote")
    page.wait_for_selector(".terminal-wrapper .xterm-screen")
    running = desk.project / "running"

    def runs() -> bool:
        page.locator(".terminal-wrapper.active .xterm-helper-textarea").first.focus()
        page.keyboard.type("python3 hungry.py\n", delay=5)
        time.sleep(3)
        return running.exists() and " " in running.read_text()

    until(runs)
    pid, options = running.read_text().split(maxsplit=1)
    assert "--max-old-space-size=768" in options
    assert "-Xmx768m" in options
    time.sleep(3)  # the agent looks every two seconds
    psutil.Process(int(pid)).kill()  # what the kernel does, and then the engine says so
    desk.task.process.send_signal(PROGRAM_ENDED_SIGNAL)
    notice = "python3 hungry.py was ended: the 1.5 GB of this workspace are full"
    page.locator(".notification-toast").get_by_text(notice).first.wait_for()


def test_a_tab_says_at_once_that_its_workspace_has_stopped(desk: Desk) -> None:
    """By itself VS Code says so only after more than half a minute, in words of its own."""
    page = desk.open_tab()
    desk.task.control("POST", "warn", {"stops_at": time.time() + 300, "text": "This workspace stops soon"})
    page.get_by_text("Stops in 4:").wait_for()
    desk.task.process.terminate()
    desk.task.process.wait(10)
    page.get_by_role("button", name="Stopped: reload").wait_for(timeout=20_000)
    page.get_by_role("link", name="Reload the page").wait_for(timeout=15_000)
    page.get_by_role("button", name="Keep running", exact=True).first.wait_for(state="hidden")


@pytest.mark.parametrize(
    ("name", "text"),
    [("wrong.py", 'count: int = "text"\nprint(nothing)\n'), ("wrong.ts", 'const count: number = "text";\n')],
)
def test_language_help_works_without_the_internet(desk: Desk, name: str, text: str) -> None:
    (desk.project / name).write_text(text)
    page = desk.open_tab()
    open_file(page, name)
    page.wait_for_selector(".monaco-editor .squiggly-error", timeout=90_000)
    type_text(page, "import os\nos.path.jo" if name.endswith("py") else "count.toFix")
    page.keyboard.press("Control+Space")
    expected = "join" if name.endswith("py") else "toFixed"
    page.locator(".suggest-widget .monaco-list-row").filter(has_text=expected).first.wait_for()
    helpers = [process.cmdline() for process in psutil.Process(desk.task.process.pid).children(recursive=True)]
    helpers = [words for words in helpers if words and Path(words[0]).name == "node"]
    assert len(helpers) >= 4, "the server, extensions, files and a language at least"
    small_heaps = [sum(word.startswith("--max-semi-space-size=") for word in words) for words in helpers]
    assert small_heaps == [1] * len(helpers), helpers


def test_git_knows_the_student_and_nothing_asks_for_trust_or_an_account(desk: Desk) -> None:
    assert (desk.project / ".git").is_dir()
    page = desk.open_tab()
    page.get_by_role("tab", name="Source Control").click()
    page.get_by_text("README.md").first.wait_for()
    assert page.locator(".monaco-dialog-box").count() == 0
    assert page.locator(".notification-toast").count() == 0


def test_the_students_own_settings_win_over_the_defaults(desk: Desk) -> None:
    settings = desk.home / ".local/share/code-server/User/settings.json"
    assert not settings.exists(), "the defaults need no file in the home"
    page = desk.open_tab()
    open_file(page, "README.md")
    assert not page.locator(".minimap").first.is_visible()
    page.context.close()
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"editor.minimap.enabled": true, "editor.minimap.autohide": "none"}')
    page = desk.open_tab()
    open_file(page, "README.md")
    page.locator(".minimap").first.wait_for(state="visible")


def test_code_that_runs_in_the_workspace_cannot_be_told_the_agents_secrets(desk: Desk) -> None:
    secrets = (b"the-agent-token-of-this-task", b"the-launch-secret-of-this-claim")
    for process in psutil.Process(desk.task.process.pid).children(recursive=True):
        for file in ("environ", "cmdline"):
            content = Path(f"/proc/{process.pid}/{file}").read_bytes()
            assert not any(secret in content for secret in secrets)
