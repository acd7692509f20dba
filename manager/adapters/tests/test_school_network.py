"""Real npm, pip, Git, curl, Node.js and Python in a real sandbox, behind a school's real proxy."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from manager.adapters.tests.engine_under_test import EngineUnderTest
from manager.adapters.tests.terminal import NODE, Terminal
from tests import school_network
from tests.school_network import HOST, REFUSED_HOST, SchoolNetwork

pytestmark = [pytest.mark.sandbox, school_network.NEEDED]


@pytest.fixture(scope="module")
def network() -> Iterator[SchoolNetwork]:
    with tempfile.TemporaryDirectory(prefix="network-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the engine's user reads the authority
        with school_network.school_network(folder) as network:
            yield network


def engine_behind(network: SchoolNetwork, **variables: str) -> EngineUnderTest:
    return EngineUnderTest(
        as_whom="ordinary user",
        mounts=NODE,
        memory_max=600 << 20,
        variables={
            "APRANOVA_PROXY": network.proxy,
            "APRANOVA_AUTHORITY": str(network.authority),
            "APRANOVA_NPM_REGISTRY": network.npm_registry,
            "APRANOVA_PIP_INDEX": network.pip_index,
            "APRANOVA_EGRESS_PORTS": f"22 443 {network.port} {network.plain_port}",
            **variables,
        },
    )


@pytest.fixture(scope="module")
def engine(network: SchoolNetwork) -> Iterator[EngineUnderTest]:
    with ExitStack() as ends:
        engine = engine_behind(network)
        ends.callback(engine.close)
        yield engine


@pytest.fixture(scope="module")
def terminal(engine: EngineUnderTest) -> Terminal:
    return Terminal(engine)


def test_npm_installs_from_the_mirror(terminal: Terminal) -> None:
    said = terminal.run("mkdir -p web && cd web && npm install tiny && node -p 'require(\"tiny\")'")
    assert said.endswith("from the mirror\n"), said


def test_pip_installs_from_the_mirror(terminal: Terminal) -> None:
    said = terminal.run(
        "python3 -m pip install --target lib tiny && PYTHONPATH=lib python3 -c 'import tiny; print(tiny.WHENCE)'"
    )
    assert said.endswith("from the mirror\n"), said


def test_git_clones_through_the_proxy(terminal: Terminal, network: SchoolNetwork) -> None:
    said = terminal.run(f"git clone --quiet {network.url}/git/exercise.git && git -C exercise log --oneline")
    assert said.endswith(" An exercise\n"), said


@pytest.mark.parametrize(
    "command",
    [
        "curl -sS {url}/page.txt",
        "env -u CURL_CA_BUNDLE -u SSL_CERT_FILE curl -sS {url}/page.txt",
        "curl -sS http://{host}:{plain_port}/page.txt",
        "node -e \"fetch('{url}/page.txt').then(async page => process.stdout.write(await page.text()))\"",
        "python3 -c \"import urllib.request as u; print(u.urlopen('{url}/page.txt').read().decode(), end='')\"",
    ],
)
def test_programs_trust_the_school_s_authority(terminal: Terminal, network: SchoolNetwork, command: str) -> None:
    said = terminal.run(command.format(url=network.url, host=HOST, plain_port=network.plain_port))
    assert said == "a page of the school\n"


def test_public_authorities_are_trusted_besides(terminal: Terminal) -> None:
    of_machine = Path("/etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE")
    for file in ("$SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"):
        assert int(terminal.run(f"grep -c 'BEGIN CERTIFICATE' {file}")) == of_machine + 1


def test_a_refusal_of_the_school_s_proxy_names_it(terminal: Terminal, network: SchoolNetwork) -> None:
    words = f"The school's proxy 127.0.0.1 does not allow {REFUSED_HOST} (port {network.port}); it answered 403"
    address = f"https://{REFUSED_HOST}:{network.port}"
    by_pip = terminal.run(f"python3 -m pip install --target none --retries 1 --index-url {address}/simple tiny 2>&1")
    by_npm = terminal.run(
        f"mkdir -p other && cd other && npm install --fetch-retries 0 --registry {address}/npm tiny 2>&1"
    )
    by_curl = terminal.run(f"curl -sv {address}/page.txt 2>&1")
    for said in (by_pip, by_npm, by_curl):
        assert words in said.replace("\n", " ")
    assert "Use its https:// address" in terminal.run(f"curl -sv https://{REFUSED_HOST}:22/ 2>&1")


def test_a_plain_request_brings_its_body(terminal: Terminal, network: SchoolNetwork) -> None:
    address = f"http://{HOST}:{network.plain_port}/page.txt"
    said = terminal.run(f"head -c 300000 /dev/zero | curl -sS --data-binary @- {address} 2>&1")
    assert said == "300000 bytes came\n"
    assert "only with a Content-Length" in terminal.run(f"echo a | curl -s -T - {address}")


def test_our_own_refusal_names_us(terminal: Terminal) -> None:
    assert "ApraNova does not allow 10.1.2.3: workspaces do not reach private addresses" in terminal.run(
        "curl -sv https://10.1.2.3/ 2>&1"
    )
    assert "ApraNova does not allow localtest: workspaces do not reach" in terminal.run(
        "curl -sv https://localtest/ 2>&1"
    )
    assert "ApraNova does not allow port 25 of mail.example" in terminal.run("curl -sv http://mail.example:25/ 2>&1")


def test_a_second_request_on_a_plain_connection_does_not_reach_the_proxy(
    terminal: Terminal, network: SchoolNetwork
) -> None:
    first = f"GET http://{HOST}:{network.plain_port}/page.txt HTTP/1.1\\r\\nHost: {HOST}\\r\\n\\r\\n"
    second = first.replace("page.txt", "smuggled.txt")
    program = _TWICE.replace("FIRST", first).replace("SECOND", second)
    said = terminal.run(f"python3 - <<'END'\n{program}\nEND")
    assert "a page of the school" in said
    log = network.proxy_log.read_text()
    assert "page.txt" in log
    assert "smuggled" not in log


_TWICE = """\
import socket
way = socket.create_connection(("127.0.0.1", 3128))
way.sendall(b"FIRST" + b"SECOND")
while piece := way.recv(65536):
    print(piece.decode())
"""


def test_the_password_of_the_proxy_is_nowhere_in_the_sandbox_or_the_log(
    engine: EngineUnderTest, terminal: Terminal, network: SchoolNetwork
) -> None:
    seen = terminal.run("env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; npm config list 2>&1")
    for secret in (school_network.PASSWORD, "ko7%77ord", network.proxy):
        assert secret not in seen
        assert secret not in engine.log.read_text()


def test_a_wrong_password_of_ours_is_no_password_that_students_are_asked_for(network: SchoolNetwork) -> None:
    with ExitStack() as ends:
        engine = engine_behind(network, APRANOVA_PROXY=f"http://127.0.0.1:{network.proxy_port}")
        ends.callback(engine.close)
        terminal = Terminal(engine)
        said = terminal.run(f"curl -sv {network.url} 2>&1")
        assert "< HTTP/1.1 502 The school's proxy 127.0.0.1 answered 407: ApraNova's password for it is wrong" in said
        assert "tinyproxy" in terminal.run(f"curl -s http://{HOST}:{network.plain_port}")  # the proxy's own page
        assert "refuses our user and password" in engine.log.read_text()


def test_a_mirror_at_a_private_address_is_reached_and_its_neighbors_are_not(network: SchoolNetwork) -> None:
    """Only the host and port that the operator named; the proxy is passed by."""
    mirror = f"http://127.0.0.2:{network.plain_port}/npm/"
    with ExitStack() as ends:
        engine = engine_behind(network, APRANOVA_NPM_REGISTRY=mirror, APRANOVA_NO_PROXY="127.0.0.2 127.0.0.3")
        ends.callback(engine.close)
        terminal = Terminal(engine)
        asked = f"curl -sS --noproxy '' http://127.0.0.2:{network.plain_port}/npm/tiny"
        assert json.loads(terminal.run(asked))["name"] == "tiny"
        assert "ApraNova does not allow" in terminal.run(asked.replace("127.0.0.2", "127.0.0.3"))
        assert "ApraNova does not allow" in terminal.run(asked.replace(str(network.plain_port), str(network.port)))
