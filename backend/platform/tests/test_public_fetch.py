from __future__ import annotations

import ipaddress
import socket
import ssl
import time

import pytest

from backend.platform import public_fetch
from backend.platform.public_fetch import FetchLimits, Known, NotFetched, fetch, web_address
from backend.tests.calendar_server import serving
from contract.network import Network, Proxy
from tests import school_network
from tests.school_network import HOST, REFUSED_HOST, behind_tls

HERE = FetchLimits(1000, loopback=True)
OUTSIDE = FetchLimits(1000)


@pytest.fixture
def server():
    with serving() as it:
        it.body = b"BEGIN:VCALENDAR"
        yield it


def refused(address, limits=HERE):
    with pytest.raises(NotFetched) as caught:
        fetch(address, limits)
    return caught.value.text


def test_it_fetches_with_the_version_that_is_known(server):
    server.etag, server.headers = '"one"', {"Content-Type": "text/calendar; charset=ISO-8859-1"}
    found = fetch(server.address, HERE)
    assert (found.body, found.version.etag, found.charset) == (b"BEGIN:VCALENDAR", '"one"', "iso-8859-1")
    assert fetch(server.address, HERE, Known(etag='"one"')).body is None
    assert server.asked[-1]["if-none-match"] == '"one"'


def test_it_verifies_the_certificate(tmp_path, monkeypatch):
    with serving(tmp_path) as it:
        it.body = b"secure"
        assert "certificate" in refused(it.address)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "chain.pem"))
        assert ssl.create_default_context().get_ca_certs(), "the test's certificate is trusted now"
        assert fetch(it.address, HERE).body == b"secure"


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://10.0.0.1/", "https://192.168.1.1/a.ics",
        "https://169.254.169.254/latest/meta-data/", "https://[fd00::1]/", "https://[::ffff:127.0.0.1]/", "https://0/",
        "https://2130706433/", "https://0x7f.1/", "https://100.64.0.1/",
    ],
)  # fmt: skip
def test_no_private_address_is_asked(address):
    assert "private network" in refused(address, OUTSIDE)


def test_a_public_address_of_this_machine_is_not_asked(monkeypatch):
    monkeypatch.setattr(public_fetch, "belongs_to_this_machine", lambda _: True)
    assert "private network" in refused("https://192.0.43.8/", OUTSIDE)


def test_even_for_tests_only_this_machine_is_open():
    assert "private network" in refused("https://10.0.0.1/", HERE)


def test_a_name_is_connected_to_the_address_that_was_checked(monkeypatch):
    """A name whose next look-up would lead inside gains nothing."""
    answers = iter(["192.0.43.8", "127.0.0.1", "127.0.0.1"])
    asked = []

    def look_up(_, port, **__):
        return [(2, 1, 6, "", (next(answers), port))]

    monkeypatch.setattr(public_fetch.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(public_fetch, "belongs_to_this_machine", lambda _: False)
    monkeypatch.setattr(public_fetch.socket, "create_connection", lambda to, timeout: asked.append(to) or _fail())
    assert "does not answer" in refused("https://rebinding.example/", OUTSIDE)
    assert asked == [("192.0.43.8", 443)]


def _fail():
    raise OSError


def test_a_redirect_to_a_private_address_is_refused(server):
    server.status, server.headers = 302, {"Location": "https://169.254.169.254/"}
    assert "private network" in refused(server.address)


def test_redirects_are_followed_but_not_without_end(server):
    def to_itself(request):
        if request.path == "/end":
            return False
        request.send_response(301)
        request.send_header("Location", "/end" if request.path == "/once" else "/term.ics")
        request.end_headers()
        return True

    server.answer = to_itself
    assert "without end" in refused(server.address)
    assert fetch(server.address.replace("term.ics", "once"), HERE).body == b"BEGIN:VCALENDAR"


def test_a_redirect_to_plain_http_is_refused():
    with pytest.raises(NotFetched):
        web_address("http://calendar.example/")


@pytest.mark.parametrize(
    ("status", "words"), [(401, "not public"), (404, "no calendar"), (410, "no calendar"), (503, "problem of its own")]
)
def test_a_refusal_is_told_in_words(server, status, words):
    server.status = status
    assert words in refused(server.address)


def test_too_much_is_not_read(server):
    server.body = b"x" * 1001
    assert "larger than" in refused(server.address)


def test_a_server_that_sends_a_byte_every_moment_is_cut_off(server):
    def drip(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        try:
            for _ in range(600):
                request.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass
        return True

    server.answer = drip
    began = time.monotonic()
    assert "broke off" in refused(server.address, FetchLimits(1000, loopback=True, whole_s=0.3))
    assert time.monotonic() - began < 20


def test_what_was_cut_off_does_not_count_as_whole(server):
    """Without a Content-Length the end of the connection is the end of the calendar."""

    def drip(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nBEGIN:VCALENDAR\r\n")
        time.sleep(1)
        return True

    server.answer = drip
    assert "broke off" in refused(server.address, FetchLimits(1000, loopback=True, whole_s=0.3))


def test_a_calendar_that_ends_before_its_length_does_not_count_as_whole(server):
    server.answer = lambda request: bool(
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nBEGIN:VCALENDAR\r\n")
    )
    assert "broke off" in refused(server.address)


def test_redirects_share_the_time(server):
    def slowly(request):
        time.sleep(0.2)
        request.send_response(302)
        request.send_header("Location", "/term.ics")
        request.end_headers()
        return True

    server.answer = slowly
    assert "in time" in refused(server.address, FetchLimits(1000, loopback=True, whole_s=0.5))
    assert len(server.asked) <= 3


def test_a_redirect_to_no_address_is_told(server):
    server.status, server.headers = 302, {"Location": "https://[broken/"}
    assert "no address" in refused(server.address)


def test_a_server_that_is_no_web_server_is_told(server):
    server.answer = lambda request: bool(request.wfile.write(b"SSH-2.0-x\r\n"))
    assert "broke off" in refused(server.address)


def test_nobody_listening_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "does not answer" in refused(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("webcal://calendar.example/a.ics?x=1", "https://calendar.example/a.ics?x=1"),
        (" https://calendar.example/a ", "https://calendar.example/a"),
        ("WEBCAL://calendar.example/a", "https://calendar.example/a"),
    ],
)
def test_an_address_is_written_as_it_is_fetched(text, address):
    assert web_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "calendar", "file:///etc/passwd", "ftp://x/", "http://x/", "https://", "https://a:b@x/", "https://x/a b",
     "https://x/\r\nHost: y", "https://x:99999/", "https://ü.example/", "https://[::1", "gopher://x"],
)  # fmt: skip
def test_what_is_no_address_of_a_calendar_is_refused(text):
    with pytest.raises(NotFetched):
        web_address(text)


def test_a_port_that_serves_no_calendars_is_refused(monkeypatch):
    monkeypatch.setattr(public_fetch, "_look_up", lambda *_: [ipaddress.ip_address("192.0.43.8")])
    assert "8443" in refused("https://calendar.example:22/", OUTSIDE)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    if not school_network.THERE:
        pytest.skip(school_network.MISSING)
    with school_network.school_network(tmp_path_factory.mktemp("network")) as it:
        yield it


@pytest.fixture
def through(network, monkeypatch):
    """Limits behind the school's proxy; the school's authority is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(network.authority))
    return lambda proxy: FetchLimits(1000, loopback=True, network=Network(Proxy(proxy)))


def test_a_calendar_is_fetched_through_the_school_s_proxy(network, through):
    """Its server's name is known to nobody but the proxy."""
    assert fetch(f"{network.url}/page.txt", through(network.proxy)).body == b"a page of the school\n"
    assert f"CONNECT {HOST}:{network.port}" in network.proxy_log.read_text()
    assert "not known" in refused(f"{network.url}/page.txt")
    with behind_tls(network) as proxy:
        assert fetch(f"{network.url}/page.txt", through(proxy)).body == b"a page of the school\n"


def test_what_the_proxy_refuses_is_told_in_words(network, through):
    page = f"https://{REFUSED_HOST}:{network.port}/page.txt"
    assert f"proxy does not lead to {REFUSED_HOST}" in refused(page, through(network.proxy))
    assert "user and password" in refused(page, through(network.proxy.replace("ko7%77ordhere", "wrong")))
    assert "proxy does not answer" in refused(page, through("http://127.0.0.1:1"))


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "169.254.169.254", "010.0.0.1", "0x7f.1", "intranet", "files.local", "a.local."]
)
def test_no_private_address_is_asked_of_the_proxy(network, through, host):
    assert "private network" in refused(f"https://{host}/", through(network.proxy))
    assert f"CONNECT {host}" not in network.proxy_log.read_text()


def test_a_host_that_needs_no_proxy_is_asked_directly(server):
    direct = FetchLimits(1000, loopback=True, network=Network(Proxy("http://127.0.0.1:1"), no_proxy=("127.0.0.1",)))
    assert fetch(server.address, direct).body == b"BEGIN:VCALENDAR"
