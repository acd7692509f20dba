"""Tailwind's language server in VS Code, in a real Chromium, with the real packages."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NeverShown

from images.vscode import build, recipe
from images.vscode.tests.conftest import Desk
from images.vscode.tests.test_vscode_in_browser import open_file
from tests.command_list import run_command
from tests.waiting import until

PORTAL = Path(__file__).parents[3] / "portal/node_modules"
CSS = """\
@import "tailwindcss";

@theme {
  --color-school: #ff8800;
}
"""
TSX = '// @ts-nocheck: React is not installed here\nexport const Shop = () => <p className="text-school">Shop</p>;\n'
HTML = '<p class="underline bg-school">Shop</p>\n'


def make_project(folder: Path, *, dependencies: str) -> None:
    """Tailwind as the portal's own `npm ci` has installed it."""
    (folder / "node_modules").mkdir(parents=True)
    assert (PORTAL / "tailwindcss").is_dir(), "run npm ci in portal/ first"
    (folder / "node_modules/tailwindcss").symlink_to(PORTAL / "tailwindcss")
    (folder / "package.json").write_text(f'{{"private": true, "dependencies": {{{dependencies}}}}}')
    for name, text in {"app.css": CSS, "shop.tsx": TSX, "shop.html": HTML}.items():
        (folder / name).write_text(text)


def servers(desk: Desk) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(desk.task.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(word.endswith("tailwindcss-language-server") for word in process.cmdline()):
                found.append(process)
    return found


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_classes_are_completed_and_explained_and_the_server_ends_when_it_is_not_used(desk: Desk) -> None:
    make_project(desk.project, dependencies='"tailwindcss": "4"')
    page = desk.open_tab()
    open_file(page, "shop.tsx")
    shows(page, "text-school", "color: var(--color-school)")
    completes(page, "text-school", "from-re")
    until(lambda: "text-school from-red-50" in (desk.project / "shop.tsx").read_text())
    open_file(page, "shop.html")
    shows(page, "bg-school", "background-color: var(--color-school)")
    completes(page, "bg-school", "from-re")
    until(lambda: "bg-school from-red-50" in (desk.project / "shop.html").read_text())
    assert len(servers(desk)) == 1
    run_command(page, "View: Close All Editors")
    until(lambda: not servers(desk), "it stays although nobody needs it", within_s=120)
    open_file(page, "shop.tsx")
    shows(page, "text-school", "color: var(--color-school)")
    (server,) = servers(desk)
    extension_host = server.parent()
    assert extension_host is not None
    extension_host.kill()
    until(lambda: not server.is_running(), "it outlived the window's extensions")


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_tailwind_s_rules_in_css_are_explained(desk: Desk) -> None:
    make_project(desk.project, dependencies='"tailwindcss": "4"')
    page = desk.open_tab()
    open_file(page, "app.css")
    shows(page, "@theme", "the project's own colors")


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_a_project_without_tailwind_starts_no_server_until_it_is_installed(desk: Desk) -> None:
    make_project(desk.project, dependencies="")
    page = desk.open_tab()
    open_file(page, "shop.tsx")
    page.get_by_text("TypeScript JSX", exact=True).wait_for()  # its extensions have been started
    open_file(page, "app.css")
    assert not servers(desk)

    def is_started() -> bool:
        """VS Code may not watch yet; an installation writes the file more than once, too."""
        (desk.project / "package.json").write_text('{"devDependencies": {"tailwindcss": "4"}}')
        return bool(servers(desk))

    until(is_started, every_s=2)
    open_file(page, "shop.tsx")
    shows(page, "text-school", "color: var(--color-school)")


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_a_small_workspace_keeps_its_memory_for_the_students_programs_and_says_so(desk: Desk) -> None:
    desk.task.end()
    desk.start_task().wait_for("ready")
    assert desk.task.claim(memory_bytes=768 << 20)[0] == 200
    desk.gateway.lead_to(desk.task.socket_path)
    make_project(desk.project, dependencies='"tailwindcss": "4"')
    page = desk.open_tab()
    open_file(page, "shop.tsx")
    language = page.locator("#status\\.languageStatus")
    told = page.get_by_text("Tailwind CSS: no completion in a small workspace").first

    def is_told() -> bool:
        language.hover()
        with contextlib.suppress(NeverShown):
            told.wait_for(timeout=3_000)
            return True
        page.mouse.move(0, 0)
        return False

    until(is_told)
    assert not servers(desk)


def shows(page: Page, word: str, text: str) -> None:
    """Ask again while the server is still starting."""
    explained = page.locator(".monaco-hover:visible", has_text=text)

    def is_shown() -> bool:
        # The mouse alone may show it, too, and what is shown may lie above the word.
        with contextlib.suppress(NeverShown):
            click_word(page, word)
            run_command(page, "Show or Focus Hover")
            explained.first.wait_for(timeout=3_000)
        return explained.first.is_visible()

    until(is_shown, f"{word} was not explained", within_s=90)
    page.keyboard.press("Escape")


def click_word(page: Page, word: str) -> None:
    """Playwright scrolls what a hover hides; below VS Code's sticky lines it stays hidden."""
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Home")
    page.locator(".monaco-editor .view-line span", has_text=word).last.click(timeout=3_000)


def completes(page: Page, word: str, text: str) -> None:
    """Type a class behind `word`, as people do, and take the first that is offered."""
    until(lambda: not click_word(page, word), ignoring=NeverShown)
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.type(f" {text}", delay=50)
    offered = page.locator(".suggest-widget.visible .monaco-list-row.focused", has_text="from-red-50")
    offered.wait_for()
    page.keyboard.press("Enter")


def manifest(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(text)
    return folder / "page.html"


USES = "console.log(require(process.argv[1]).usesTailwind(process.argv[2], process.argv[3]))"


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ('{"dependencies": {"tailwindcss": "4"}}', "true"),
        ('{"devDependencies": {"@tailwindcss/vite": "4"}}', "true"),
        ('{"dependencies": {"react": "19"}}', "false"),
        ('{"dependencies": null}', "false"),
        ("[", "false"),
        ("null", "false"),
    ],
)
def test_a_project_uses_tailwind_when_its_package_json_names_it(tmp_path: Path, text: str, uses: str) -> None:
    file = manifest(tmp_path / "root/shop", text)
    assert asked(file, tmp_path / "root") == uses
    assert asked(file.parent / "pages/page.html", tmp_path / "root") == uses


def test_what_lies_above_the_workspace_or_in_packages_does_not_count(tmp_path: Path) -> None:
    names = '{"dependencies": {"tailwindcss": "4"}}'
    manifest(tmp_path, names)
    assert asked(tmp_path / "root/page.html", tmp_path / "root") == "false"
    assert asked(manifest(tmp_path / "root/node_modules/a", names), tmp_path / "root") == "false"


def test_a_package_json_that_no_person_wrote_does_not_count(tmp_path: Path) -> None:
    """It is read while VS Code waits. Git brings a link to a device, too."""
    names = '{"dependencies": {"tailwindcss": "4"}}'
    assert asked(manifest(tmp_path / "huge", names + " " * 1024 * 1024), tmp_path) == "false"
    for name, lay in {"pipe": os.mkfifo, "device": lambda path: path.symlink_to("/dev/zero")}.items():
        (tmp_path / name).mkdir()
        lay(tmp_path / name / "package.json")
        assert asked(tmp_path / name / "page.html", tmp_path) == "false"


def asked(file: Path, root: Path) -> str:
    projects = recipe.HERE / "extensions/tailwind/src/projects.js"
    command = [str(build.find_node().node), "--eval", USES, *map(str, (projects, file, root))]
    return subprocess.run(command, stdout=subprocess.PIPE, timeout=30, check=True, text=True).stdout.strip()
