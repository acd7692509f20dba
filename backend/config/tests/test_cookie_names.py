from __future__ import annotations

import os
import subprocess
import sys

import pytest

from backend.conftest import _ENVIRONMENT as ENVIRONMENT


@pytest.mark.parametrize(("url", "prefix"), [("https://school.example", "__Host-"), ("http://localhost:8080", "")])
def test_with_tls_all_cookies_bear_host_names(url, prefix):
    program = (
        "from django.conf import settings as s; "
        "print(*(getattr(s, f'{it}_COOKIE_NAME') for it in ('SESSION', 'CSRF', 'DEVICE')), s.MESSAGE_STORAGE)"
    )
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "APRANOVA_PUBLIC_URL": url,
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    }
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    *names, messages = done.stdout.split()
    assert names == [f"{prefix}apranova_{it}" for it in ("session", "csrf", "device")]
    assert "Cookie" not in messages
