"""The gateway as a container starts it: from its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from gateway.__main__ import read_settings
from gateway.render import render

ENVIRONMENT = {
    "APRANOVA_PUBLIC_URL": "https://school.example",
    "APRANOVA_WORKSPACES_DOMAIN": "ws.school-work.example",
    "APRANOVA_RUN_DIR": "/run/apranova",
    "APRANOVA_IMAGES_DIR": "/opt/images",
    "APRANOVA_PORT": "8000",
    "APRANOVA_LISTEN_ADDRESS": "0.0.0.0",
    "APRANOVA_TRUSTED_HOPS": "2",
}


def test_what_the_platform_sets_reaches_the_configuration() -> None:
    configuration = render(read_settings(ENVIRONMENT))
    assert '{"address": "0.0.0.0", "port_value": 8000}' in configuration
    assert "xff_num_trusted_hops: 2" in configuration
    assert '"*.ws.school-work.example"' in configuration
    assert "max-age=31536000" in configuration  # HTTPS
    assert 'path: "/dev/stdout"' in configuration


def test_it_says_in_one_line_why_it_cannot_start() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-m", "gateway"], env=environment, capture_output=True, text=True, check=False, cwd=Path("/")
    )
    assert done.returncode == 2
    assert done.stderr.startswith("gateway: cannot start: APRANOVA_RUN_DIR is not set;")
    assert done.stderr.count("\n") == 1
