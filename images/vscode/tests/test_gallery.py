"""Extensions from Open VSX or a school's mirror of it, in a real Chromium."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from contract.network import gallery as gallery_of
from images.tests import desk as desks
from images.vscode.tests.conftest import Desk
from images.vscode.tests.gallery import NAME, PUBLISHER, VERSION, Gallery
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def test_a_student_finds_and_installs_an_extension_of_the_schools_mirror(
    image: dict[str, Any], browser: Browser, tmp_path: Path
) -> None:
    with closing(Gallery(tmp_path)) as gallery, desks.short_folder() as folder:
        network = {"EXTENSIONS_GALLERY": gallery_of(gallery.url), "NODE_EXTRA_CA_CERTS": str(gallery.authority)}
        image = {**image, "environment": {**image["environment"], **network}}
        with closing(Desk(image, folder, browser)) as desk:
            page = desk.new_context(ignore_https_errors=True).new_page()
            page.set_default_timeout(60_000)
            page.goto(desk.gateway.url)
            page.wait_for_selector(".explorer-folders-view .monaco-list-row")
            page.keyboard.press("Control+Shift+X")
            page.locator(".extensions-viewlet .header .monaco-editor").click()
            page.keyboard.type("greeter")
            page.locator(".extension-list-item", has_text="The School").click()
            page.locator(".extension-editor").locator(".action-label.install:not(.disabled)").first.click()
            trust = page.get_by_role("button", name="Trust Publisher & Install")
            installed = desk.home / f".local/share/code-server/extensions/{PUBLISHER}.{NAME}-{VERSION}/package.json"
            trust.or_(page.get_by_role("button", name="Uninstall")).first.wait_for()
            if trust.count():
                trust.click()
            until(installed.exists)
            page.locator(".extension-editor").get_by_role("button", name="Uninstall").first.wait_for()
            assert any(path.endswith("VSIXPackage") for path in gallery.asked)
            page.context.close()
