"""What `doctor` asks on the web, on the way of the school's network: its proxy, its authority."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

from contract.network import Network, Proxy, trusted_authorities

TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 1_000_000
_REDIRECTS = urllib3.Retry(total=None, connect=0, read=0, other=0, status=0, redirect=5)


@dataclass(frozen=True)
class WebAnswer:
    why_not: str
    """Why there was no answer; empty when there was one."""
    status: int = 0
    body: bytes = b""


def context_of(network: Network) -> ssl.SSLContext:
    """Raises BadSetting when the school's authority cannot be read."""
    context = ssl.create_default_context()
    if network.authority is not None:
        context.load_verify_locations(cadata=trusted_authorities(network.authority).decode("ascii", "ignore"))
    return context


def ask(network: Network, context: ssl.SSLContext, url: str) -> WebAnswer:
    """GET. By urllib3, because urllib speaks no TLS to a proxy."""
    through = None if network.goes_direct(urlsplit(url).hostname or "") else network.proxy
    try:
        with _connections(through, context) as connections:
            answer = connections.request("GET", url, timeout=TIMEOUT_S, retries=_REDIRECTS, preload_content=False)
            body = answer.read(ANSWER_BYTES_MAX)
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return WebAnswer(_in_words(error))
    if through is not None and answer.status == http.client.PROXY_AUTHENTICATION_REQUIRED:
        return WebAnswer("the proxy asks for another password", answer.status)
    return WebAnswer("", answer.status, body)


def _connections(proxy: Proxy | None, context: ssl.SSLContext) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(ssl_context=context)
    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
    return urllib3.ProxyManager(proxy.url, proxy_headers=headers, ssl_context=context, proxy_ssl_context=context)


def _in_words(error: Exception) -> str:
    """The cause that urllib3 has wrapped."""
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason is not None:
        error = error.reason
    if isinstance(error, urllib3.exceptions.ProxyError):
        error = error.original_error
    return str(error)
