"""What the guides promise can be set reaches the process that reads it."""

import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from contract import network
from single_machine import certificates_process
from single_machine.network_programs import READ_BY_BACKEND
from single_machine.secrets_file import load_or_make
from single_machine.services import PASSED_ON, Services
from single_machine.settings import read_settings
from tests.certificates import make_certificate

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
SETTING = re.compile(r"^\| `(APRANOVA_\w+)`", re.MULTILINE)
OF_THIS_MACHINE = {
    "APRANOVA_ADMIN_EMAIL",
    "APRANOVA_BACKUP_ACCESS_KEY_ID",
    "APRANOVA_BACKUP_HOUR",
    "APRANOVA_BACKUP_KEEP",
    "APRANOVA_BACKUP_PASSWORD_FILE",
    "APRANOVA_BACKUP_SECRET_ACCESS_KEY",
    "APRANOVA_BACKUP_TARGET",
    "APRANOVA_DOMAIN",
    "APRANOVA_EXTENSIONS",
    "APRANOVA_GITHUB_CLIENT_ID",
    "APRANOVA_GITHUB_URL",
    "APRANOVA_HOME",
    "APRANOVA_HOST",
    "APRANOVA_IMAGES_DIR",
    "APRANOVA_METRICS_PORT",
    "APRANOVA_NODE_VERSIONS",
    "APRANOVA_PORT",
    "APRANOVA_REDIRECT_PORT",
    "APRANOVA_RESTIC",
    "APRANOVA_RUN_DIR",
    "APRANOVA_SCHOOL_NAME",
    "APRANOVA_HELP_HISTORY",
    "APRANOVA_HELP_VISITS",
    "APRANOVA_SHARE_WITH_ANYONE",
    "APRANOVA_SNAPSHOTS_DIR",
    "APRANOVA_DNS_ADDRESS",
    "APRANOVA_TLS",
    "APRANOVA_TLS_CERTIFICATE",
    "APRANOVA_TRUSTED_HOPS",
    "APRANOVA_WORKSPACES_DOMAIN",
}
"""Read here, by single_machine.settings or the build of images."""


@pytest.mark.parametrize("guide", ["operator.md", "warm-pool.md"])
def test_every_setting_in_a_guide_is_passed_on(guide: str) -> None:
    listed = set(SETTING.findall((GUIDES / guide).read_text()))
    assert listed, "the guide's table is found"
    assert listed - OF_THIS_MACHINE <= {*PASSED_ON, *certificates_process.PASSED_ON, *network.VARIABLES}


def test_envoy_is_asked_as_browsers_will_by_the_schools_name_over_tls(tmp_path: Path) -> None:
    seen: list[str] = []

    class Edge(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.headers['Host']}{self.path}")
            self.send_response(200)
            self.end_headers()

    chain, key = make_certificate(tmp_path, ["learn.school.test"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, key)
    with HTTPServer(("127.0.0.1", 0), Edge) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        variables = {
            "APRANOVA_HOME": str(tmp_path / "home"),
            "APRANOVA_DOMAIN": "learn.school.test",
            "APRANOVA_TLS": "files",
            "APRANOVA_TLS_CERTIFICATE": str(chain),
            "APRANOVA_TLS_KEY": str(key),
        }
        settings = read_settings(variables, source=tmp_path / "source", port=server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        envoy = Services(settings, load_or_make(tmp_path / "secrets.json"), 1, 2, "bubblewrap").envoy(tmp_path)
        assert envoy.ready()
        server.shutdown()
    assert seen == [f"learn.school.test:{server.server_port}/signin"]


def test_the_backend_goes_to_the_sign_in_as_doctor_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor said that the provider answers, and nobody behind a proxy could sign in."""
    for name in READ_BY_BACKEND:
        monkeypatch.delenv(name, raising=False)
    way = {
        "https_proxy": "http://proxy.school.test:3128",
        "REQUESTS_CA_BUNDLE": "/etc/authorities.pem",
        "SSL_CERT_FILE": "/etc/authorities.pem",
        "APRANOVA_PROXY": "http://proxy.school.test:3128",  # calendars
    }
    for name, value in way.items():
        monkeypatch.setenv(name, value)
    settings = read_settings({"APRANOVA_HOME": str(tmp_path / "home")}, source=tmp_path / "source")
    secrets = load_or_make(tmp_path / "secrets.json")
    services = Services(settings=settings, isolation="bubblewrap", secrets=secrets, manager_port=1, portal_port=2)
    assert way.items() <= services.backend().environment.items()
    assert not way.keys() & services.portal().environment.keys()
    assert services.manager().environment["https_proxy"] == way["https_proxy"], "apt reads it, for restic"
