"""Pebble, Let's Encrypt's authority for tests (Debian's package `pebble`), on loopback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.ports import free_port, listens
from tests.waiting import until

NEEDED = pytest.mark.skipif(not shutil.which("pebble"), reason="Pebble is missing: apt install pebble")
EAB_KEY_ID, EAB_HMAC_KEY = "school", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


@dataclass(frozen=True)
class Pebble:
    directory: str
    root: Path
    """Signs the directory's own HTTPS, not what Pebble issues."""


@contextmanager
def running_pebble(
    folder: Path,
    *,
    dns_port: int,
    lifetime_s: int = 90 * 86400,
    external_accounts: bool = False,
    port: int | None = None,
) -> Iterator[Pebble]:
    """`dns_port`: of the name server on loopback that it asks, whatever the names are."""
    root, key = make_certificate(folder, ["localhost", "127.0.0.1"])
    port = port or free_port()
    settings: dict[str, object] = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{free_port()}",
        "certificate": str(root),
        "privateKey": str(key),
        "httpPort": free_port(),
        "tlsPort": free_port(),
        "ocspResponderURL": "",
        "externalAccountBindingRequired": external_accounts,
        "externalAccountMACKeys": {EAB_KEY_ID: EAB_HMAC_KEY},
        "certificateValidityPeriod": lifetime_s,
    }
    configuration = folder / "pebble.json"
    configuration.write_text(json.dumps({"pebble": settings}))
    environment = dict(os.environ, PEBBLE_VA_NOSLEEP="1", PEBBLE_AUTHZREUSE="0", PEBBLE_WFE_NONCEREJECT="0")
    command = ["pebble", "-config", str(configuration), "-dnsserver", f"127.0.0.1:{dns_port}"]
    with (folder / "pebble.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        until(lambda: listens(port), lambda: (folder / "pebble.log").read_text(), within_s=20)
        yield Pebble(f"https://localhost:{port}/dir", root)
    finally:
        process.terminate()
        process.wait()
