"""Heads and bodies of requests, without a task around them."""

from __future__ import annotations

import pytest

from agent.http_body import Body
from agent.http_head import BadHead, for_application, parse_head

GET = b"GET /a?b HTTP/1.1"


def lines(*more: str) -> bytes:
    return b"\r\n".join([GET, *(line.encode() for line in more)])


@pytest.mark.parametrize(
    "raw",
    [
        b"GET http://evil/ HTTP/1.1", b"GET / HTTP/2.0", b"GET /\r\nname : value", b"GET / HTTP/1.1\nx: y", b"G T / HTTP/1.1",
        lines("no colon"), lines(" folded: line"), lines("x: a\rb"), lines("x: a\nb"), lines("x: a\0b"),
    ],
)  # fmt: skip
def test_a_head_that_two_parsers_could_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(BadHead):
        parse_head(raw)


@pytest.mark.parametrize(
    ("headers", "passed_on"),
    [
        ((), "connection: close"),
        (("Host:  localhost ", "X-Any: a b"), "host: localhost|x-any: a b|connection: close"),
        (("x-apranova-launch-secret: s", "X-Apranova-Identity: i"), "connection: close"),
        (("keep-alive: 5", "proxy-connection: x", "upgrade: h2c", "connection: keep-alive"), "connection: close"),
        (("forwarded: for=x", "x-forwarded-host: evil", "x-forwarded-proto: https"), "x-forwarded-proto: https|connection: close"),
        (("connection: keep-alive, Upgrade", "upgrade: WebSocket"), "connection: Upgrade|upgrade: websocket"),
        (("connection: keep-alive", "connection: upgrade", "upgrade: websocket"), "connection: Upgrade|upgrade: websocket"),
        (("connection: close", "upgrade: websocket"), "connection: close"),
        (("connection: upgrade", "upgrade: websocket", "upgrade: websocket"), "connection: close"),
    ],
)  # fmt: skip
def test_the_application_gets_a_head_without_ours_hops_and_forgeries(headers: tuple[str, ...], passed_on: str) -> None:
    expected = "\r\n".join(["GET /a?b HTTP/1.1", *passed_on.split("|"), "", ""])
    assert for_application(parse_head(lines(*headers))).decode() == expected


def test_the_identity_passes_only_to_an_application_that_takes_it() -> None:
    head = parse_head(lines("X-Apranova-Identity: token", "X-Apranova-Launch-Secret: secret"))
    assert b"x-apranova-identity: token" in for_application(head, with_identity=True)
    assert b"secret" not in for_application(head, with_identity=True)
    assert b"token" not in for_application(head, with_identity=False)


def test_a_post_is_no_websocket_and_an_old_version_stays_old() -> None:
    raw = b"POST /\xe4 HTTP/1.0\r\nconnection: upgrade\r\nupgrade: websocket"
    assert for_application(parse_head(raw)) == b"POST /\xe4 HTTP/1.0\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "below"),
    [
        ("/_agent", True), ("/_agent/save", True), ("//_agent", True), ("/%5fagent/x", True), ("/%255Fagent/", True),
        ("/%25255fAGENT", True), ("/\\_agent\\x", True), ("/_agent/../_agent/x", True), ("/a/_agent/", False), ("/?/_agent/", False), ("/_agents", False),
    ],
)  # fmt: skip
def test_a_hidden_path_to_the_agent_is_seen(target: str, below: bool) -> None:
    assert parse_head(f"GET {target} HTTP/1.1".encode()).points_below("/_agent/") is below


CHUNKED = ("transfer-encoding: chunked",)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((), ""), (("content-length: 5",), "hello"), (("content-length: 0",), ""),
        (("content-length: 5", "content-length: 5"), "hello"),
        (CHUNKED, "5\r\nhello\r\n0\r\n\r\n"), (CHUNKED, "1;x=y\r\nh\r\nA\r\n0123456789\r\n0\r\ntrailer: x\r\n\r\n"),
        (("transfer-encoding:  Chunked",), "0\r\n\r\n"), (CHUNKED, " 1 ;" + "x" * 4000 + "\r\nh\r\n0\r\n\r\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("piece", [1, 3, 10_000])
def test_what_follows_a_body_does_not_belong_to_it(headers: tuple[str, ...], body: str, piece: int) -> None:
    follower = Body(parse_head(lines(*headers)))
    assert follower.done is (body == "")
    sent, taken = body.encode() + b"GET /next HTTP/1.1\r\n", b""
    for start in range(0, len(sent), piece):
        taken += follower.take(sent[start : start + piece])
        assert follower.done is (taken == body.encode())
    assert taken == body.encode()


@pytest.mark.parametrize(
    "headers",
    [
        (*CHUNKED, "content-length: 5"), ("transfer-encoding: gzip, chunked",), (*CHUNKED, *CHUNKED), ("content-length: +5",),
        ("content-length: 5", "content-length: 6"), ("content-length: 1234567890123456",), ("content-length:",),
    ],
)  # fmt: skip
def test_a_body_of_ambiguous_length_is_refused(headers: tuple[str, ...]) -> None:
    with pytest.raises(BadHead):
        Body(parse_head(lines(*headers)))
    with pytest.raises(BadHead):
        Body(parse_head(b"GET / HTTP/1.0\r\n" + CHUNKED[0].encode()))


@pytest.mark.parametrize(
    "body",
    [
        "5\nhello",
        "5\r\nhello!\r\n",
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "1234567890abcdef\r\n",
        "1;" + "x" * 4096,
        "1\r\nhx\r\n",
    ],
)
def test_a_malformed_chunk_is_refused(body: str) -> None:
    with pytest.raises(BadHead):
        Body(parse_head(lines(*CHUNKED))).take(body.encode())
