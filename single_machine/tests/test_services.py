"""What the guides promise can be set reaches the process that reads it."""

import re
from pathlib import Path

import pytest

from single_machine.services import PASSED_ON

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
SETTING = re.compile(r"^\| `(APRANOVA_\w+)`", re.MULTILINE)
OF_THIS_MACHINE = {
    "APRANOVA_ADMIN_EMAIL",
    "APRANOVA_DOMAIN",
    "APRANOVA_HOME",
    "APRANOVA_HOST",
    "APRANOVA_IMAGES_DIR",
    "APRANOVA_PORT",
    "APRANOVA_REDIRECT_PORT",
    "APRANOVA_RESTIC",
    "APRANOVA_RUN_DIR",
    "APRANOVA_SCHOOL_NAME",
    "APRANOVA_SNAPSHOTS_DIR",
    "APRANOVA_TLS",
    "APRANOVA_TLS_CERTIFICATE",
    "APRANOVA_TRUSTED_HOPS",
    "APRANOVA_WORKSPACES_DOMAIN",
}
"""Read here, by single_machine.settings."""


@pytest.mark.parametrize("guide", ["operator.md", "warm-pool.md"])
def test_every_setting_in_a_guide_is_passed_on(guide: str) -> None:
    listed = set(SETTING.findall((GUIDES / guide).read_text()))
    assert listed, "the guide's table is found"
    assert listed - OF_THIS_MACHINE <= set(PASSED_ON)
