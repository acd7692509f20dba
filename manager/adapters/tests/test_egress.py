"""The filtering proxy, with pretended names and a pretended internet."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.addresses import Address, is_public
from contract.network import Network, Proxy
from manager.adapters.sandbox_engine.egress import EgressLimits, EgressProxy
from manager.adapters.sandbox_engine.refusal import Refused
from manager.adapters.sandbox_engine.upstream import Streams, Upstream

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
        ),
        *(
            "100.64.0.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.9",
        ),
        *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1", "2001:0:1::1"),
        *("2001:db8::1", "fec0::1", "100::1", "5f00::1"),
    ],
)
def test_a_special_address_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@dataclass
class PretendedInternet:
    """Every name has a list of answers, one for each look-up. Addresses echo in upper case."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    lookups: list[str] = field(default_factory=list)
    connections: list[tuple[str, int]] = field(default_factory=list)
    silent: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    directory: Path = Path()

    async def resolve(self, host: str) -> list[Address]:
        self.lookups.append(host)
        answers = self.names.get(host)
        if not answers:
            raise OSError("no such name")
        return [ipaddress.ip_address(address) for address in (answers.pop(0) if len(answers) > 1 else answers[0])]

    async def connect(self, address: Address, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.connections.append((str(address), port))
        if str(address) in self.silent:
            raise ConnectionRefusedError
        return await asyncio.open_unix_connection(self.directory / "far.sock")

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data.upper())
            await writer.drain()
        writer.close()


@pytest.fixture
async def internet() -> AsyncIterator[PretendedInternet]:
    directory = Path(tempfile.mkdtemp(prefix="eg-", dir="/tmp"))
    internet = PretendedInternet(directory=directory)
    server = await asyncio.start_unix_server(internet.echo, directory / "far.sock")
    yield internet
    server.close()
    shutil.rmtree(directory)


async def ask(
    internet: PretendedInternet,
    request: str,
    *,
    then: bytes = b"",
    limits: EgressLimits | None = None,
    upstream: Upstream | None = None,
) -> str:
    proxy = EgressProxy(
        limits or EgressLimits(),
        network=Network(proxy=upstream.proxy) if upstream else None,
        upstream=upstream,
        resolve=internet.resolve,
        connect=internet.connect,
        is_own=lambda address: str(address) in internet.own,
    )
    await proxy.listen(internet.directory / "proxy.sock")
    try:
        reader, writer = await asyncio.open_unix_connection(internet.directory / "proxy.sock")
        writer.write(request.encode("latin-1"))
        if then:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            writer.write(then)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return answer.decode()
    finally:
        await proxy.close()


async def test_connect_makes_a_tunnel_to_the_checked_address(internet: PretendedInternet) -> None:
    internet.names["packages.example"] = [[PUBLIC]]
    answer = await ask(
        internet, "CONNECT packages.example:443 HTTP/1.1\r\nHost: packages.example\r\n\r\n", then=b"hello"
    )
    assert answer == "HELLO"
    assert internet.connections == [(PUBLIC, 443)]


async def test_a_plain_request_is_forwarded_as_one_to_the_server_itself(internet: PretendedInternet) -> None:
    internet.names["deb.example"] = [[PUBLIC]]
    answer = await ask(
        internet,
        "POST http://deb.example/a/b?c=d HTTP/1.1\r\nHost: deb.example\r\nProxy-Authorization: x\r\n"
        "Connection: keep-alive\r\nContent-Length: 4\r\n\r\nbody",
    )
    assert answer == "POST /A/B?C=D HTTP/1.1\r\nHOST: DEB.EXAMPLE\r\nCONTENT-LENGTH: 4\r\nCONNECTION: CLOSE\r\n\r\nBODY"
    assert internet.connections == [(PUBLIC, 80)]


async def test_a_name_is_looked_up_once_so_a_changed_answer_gains_nothing(internet: PretendedInternet) -> None:
    internet.names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    await ask(internet, "CONNECT rebind.example:443 HTTP/1.1\r\n\r\n", then=b"x")
    assert internet.lookups == ["rebind.example"]
    assert internet.connections == [(PUBLIC, 443)]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:192.168.0.1", "169.254.169.254"])
async def test_a_name_with_a_private_address_is_refused(internet: PretendedInternet, address: str) -> None:
    internet.names["near.example"] = [[address]]
    answer = await ask(internet, "GET http://near.example/ HTTP/1.1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 403 ")
    assert answer.endswith("\nApraNova does not allow near.example: workspaces do not reach private addresses\n")
    assert internet.connections == []


async def test_the_private_addresses_of_a_name_are_passed_over(internet: PretendedInternet) -> None:
    internet.names["mixed.example"] = [["10.0.0.1", PUBLIC]]
    await ask(internet, "CONNECT mixed.example:443 HTTP/1.1\r\n\r\n", then=b"x")
    assert internet.connections == [(PUBLIC, 443)]


async def test_a_public_address_of_this_very_machine_is_refused(internet: PretendedInternet) -> None:
    internet.names["myself.example"] = [[PUBLIC]]
    internet.own = frozenset({PUBLIC})
    assert (await ask(internet, "CONNECT myself.example:443 HTTP/1.1\r\n\r\n")).startswith("HTTP/1.1 403 ")
    assert internet.connections == []


async def test_the_next_address_is_tried_when_one_does_not_answer(internet: PretendedInternet) -> None:
    internet.names["two.example"] = [[PUBLIC, "8.8.8.8"]]
    internet.silent = frozenset({PUBLIC})
    assert await ask(internet, "CONNECT two.example:443 HTTP/1.1\r\n\r\n", then=b"x") == "X"
    assert internet.connections == [(PUBLIC, 443), ("8.8.8.8", 443)]


@pytest.mark.parametrize("port", [25, 5432, 8080, 0])
async def test_other_ports_are_refused(internet: PretendedInternet, port: int) -> None:
    internet.names["mail.example"] = [[PUBLIC]]
    answer = await ask(internet, f"CONNECT mail.example:{port} HTTP/1.1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 403 ")
    assert internet.lookups == []


async def test_an_unknown_name_is_an_error(internet: PretendedInternet) -> None:
    assert (await ask(internet, "CONNECT nowhere.example:443 HTTP/1.1\r\n\r\n")).startswith("HTTP/1.1 502 ")


@pytest.mark.parametrize(
    "head",
    [
        *(
            "GET / HTTP/1.1",
            "GET https://a.example/ HTTP/1.1",
            "CONNECT a.example HTTP/1.1",
            "CONNECT a:b:443 HTTP/1.1",
        ),
        *("hello", "GET http://a.example:99999/ HTTP/1.1", "GET http:// HTTP/1.1", "CONNECT a.example:443 FTP/1"),
        *("GET http://[::1/ HTTP/1.1", "\xff\xfe", "CONNECT a@b:443 HTTP/1.1", "GET http://a\\b.example/ HTTP/1.1"),
        *(
            "GET http://a.example/ HTTP/1.1\r\nA: b\nTransfer-Encoding: chunked",
            "GET http://a.example/ HTTP/1.1\r\nA : b",
        ),
        *("GET\thttp://10.0.0.1/\tHTTP/1.1\nA: http://a.example/ HTTP/1.1", "GET http://a.example/ HTTP/1.1\nA:b"),
    ],
)
async def test_a_malformed_request_is_answered(internet: PretendedInternet, head: str) -> None:
    assert (await ask(internet, f"{head}\r\n\r\n")).startswith("HTTP/1.1 400 ")
    assert internet.connections == []


class PretendedSchoolProxy(Upstream):
    async def connect(self) -> Streams:
        raise Refused(502, "asked the school's proxy")


SCHOOL_PROXY = PretendedSchoolProxy(Proxy("http://proxy.school.example:3128"))


@pytest.mark.parametrize(
    ("host", "goes_on"),
    [
        *(("unknown.example", True), ("unknown.example.", True), (PUBLIC, True)),
        *(("10.0.0.5.", False), ("near.example.", False), ("printer.local.", False), ("localhost.", False)),
        *(("010.0.0.1", False), ("0x0a.1", False), ("10.1", False), (".", False), ("10.0.0.5", False)),
    ],
)
async def test_the_school_s_proxy_gets_no_private_name_in_another_spelling(
    internet: PretendedInternet, host: str, goes_on: bool
) -> None:
    """It looks names up itself. Squid drops a dot at the end, which makes 10.0.0.5. an address."""
    internet.names |= {"near.example": [["10.0.0.5"]], "10.0.0.5": [["10.0.0.5"]], PUBLIC: [[PUBLIC]]}
    for request in (f"CONNECT {host}:443 HTTP/1.1\r\n\r\n", f"GET http://{host}/ HTTP/1.1\r\n\r\n"):
        answer = await ask(internet, request, upstream=SCHOOL_PROXY)
        assert ("asked the school's proxy" in answer) is goes_on
        assert ("do not reach private addresses" in answer) is not goes_on


async def test_a_length_that_is_no_number_for_python_is_refused(internet: PretendedInternet) -> None:
    request = f"POST http://unknown.example/ HTTP/1.1\r\nContent-Length: {'9' * 5_000}\r\n\r\n"
    assert (await ask(internet, request, upstream=SCHOOL_PROXY)).startswith("HTTP/1.1 400 ")


async def test_a_head_without_end_is_refused(internet: PretendedInternet) -> None:
    assert (await ask(internet, "GET http://a/ HTTP/1.1\r\n" + "X: y\r\n" * 20000 + "\r\n")).startswith("HTTP/1.1 431 ")


async def test_connections_of_a_task_are_counted(internet: PretendedInternet) -> None:
    limits = EgressLimits(connections_per_task_max=0)
    assert (await ask(internet, "CONNECT a.example:443 HTTP/1.1\r\n\r\n", limits=limits)).startswith("HTTP/1.1 503 ")


async def test_refused_connections_leave_nothing_in_memory(internet: PretendedInternet) -> None:
    async def readers_after(refusals: int) -> int:
        for _ in range(refusals):
            await ask(
                internet, "CONNECT a.example:443 HTTP/1.1\r\n\r\n", limits=EgressLimits(connections_per_task_max=0)
            )
        gc.collect()
        return sum(type(it) is asyncio.StreamReader for it in gc.get_objects())  # isinstance wakes lazy objects

    assert await readers_after(1) == await readers_after(5)


async def test_refusals_in_a_loop_do_not_fill_the_log(
    internet: PretendedInternet, caplog: pytest.LogCaptureFixture
) -> None:
    host = f"{'long.' * 1000}example"
    internet.names[host] = [["10.0.0.1"]] * 40
    proxy = EgressProxy(EgressLimits(), resolve=internet.resolve, connect=internet.connect, is_own=lambda _: False)
    await proxy.listen(internet.directory / "proxy.sock")
    with caplog.at_level("INFO"):
        for _ in range(20):
            reader, writer = await asyncio.open_unix_connection(internet.directory / "proxy.sock")
            writer.write(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
            assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 403 ")
            writer.close()
    await proxy.close()
    assert len(caplog.messages) == 5
    assert all(len(message) < 400 for message in caplog.messages)


async def test_a_silent_connection_is_ended(internet: PretendedInternet) -> None:
    internet.names["slow.example"] = [[PUBLIC]]
    proxy = EgressProxy(
        EgressLimits(idle_timeout_s=0.05), resolve=internet.resolve, connect=internet.connect, is_own=lambda _: False
    )
    await proxy.listen(internet.directory / "proxy.sock")
    reader, writer = await asyncio.open_unix_connection(internet.directory / "proxy.sock")
    writer.write(b"CONNECT slow.example:443 HTTP/1.1\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 200 ")
    writer.close()
    await proxy.close()


async def test_names_that_nobody_answers_hold_up_only_the_task_that_asks(
    internet: PretendedInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real threads of look-ups; only the system's call is pretended."""
    answered, silent = threading.Event(), []

    def getaddrinfo(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host.startswith("silent"):
            silent.append(host)
            answered.wait(20)
            raise OSError("nobody answered")
        return [(0, 0, 0, "", (PUBLIC, 0))]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    folder = internet.directory
    limits = EgressLimits(connect_timeout_s=0.3)
    proxies = [EgressProxy(limits, connect=internet.connect, is_own=lambda _: False) for _ in range(2)]
    for number, proxy in enumerate(proxies):
        await proxy.listen(folder / f"{number}.sock")
    try:
        for number in range(60):
            _, hostile = await asyncio.open_unix_connection(folder / "0.sock")
            hostile.write(f"CONNECT silent{number}.example:443 HTTP/1.1\r\n\r\n".encode())
        await asyncio.sleep(0.6)  # the first are given up, and their threads still wait
        reader, writer = await asyncio.open_unix_connection(folder / "1.sock")
        writer.write(b"CONNECT packages.example:443 HTTP/1.1\r\n\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert len(silent) == limits.lookups_per_task_max
    finally:
        answered.set()
        for proxy in proxies:
            await proxy.close()
