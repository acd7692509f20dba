"""Why a program gets no connection: who refused, in words for the student at its terminal."""

from __future__ import annotations

import re

WORDS_MAX = 300
WRONG_PASSWORD = (401, 407)
"""Proxies should say 407; tinyproxy says so only when there is no password at all."""


class Refused(Exception):
    """`text` is one sentence or two; pip and npm show it, curl and Git show the number."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text[:WORDS_MAX]


def answer_of(refusal: Refused) -> bytes:
    """The text is the body and the reason: pip shows only the reason, npm and curl -v both."""
    body = f"{refusal.text}\n".encode()
    reason = re.sub(r"[^\x20-\x7e]+", " ", refusal.text)
    return (
        f"HTTP/1.1 {refusal.status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body


def too_many() -> Refused:
    """A new one each time: an exception keeps the frames of every place where it was raised."""
    return Refused(503, "This workspace has too many connections open. Close some programs")


def private_address(host: str) -> Refused:
    return Refused(403, f"ApraNova does not allow {host:.100}: workspaces do not reach private addresses")


def other_port(host: str, port: int, allowed: frozenset[int]) -> Refused:
    ports = ", ".join(str(each) for each in sorted(allowed))
    return Refused(
        403, f"ApraNova does not allow port {port} of {host:.100}: workspaces reach only these ports: {ports}"
    )


def school_proxy_refused(proxy: str, host: str, port: int, status: int, reason: str) -> Refused:
    """A 407 becomes 502: it would make Git and browsers ask the student for a password."""
    if status in WRONG_PASSWORD:
        text = f"The school's proxy {proxy} answered {status}: ApraNova's password for it is wrong"
        return Refused(502, f"{text}. Tell the school's IT")
    told = f"it answered {status} {reason:.60}".strip()
    if status in (403, 405):
        advice = "Use its https:// address" if port in (22, 9418) else "Ask the school's IT to allow it"
        text = f"The school's proxy {proxy} does not allow {host:.100} (port {port}); {told}"
        return Refused(403, f"{text}. {advice}")
    text = f"The school's proxy {proxy} does not reach {host:.100}; {told}"
    return Refused(502, f"{text}. Check the name, or try again later")


def school_proxy_silent(proxy: str) -> Refused:
    return Refused(502, f"The school's proxy {proxy} does not answer. Try again later, or tell the school's IT")
