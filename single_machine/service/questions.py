"""The three answers that `install` needs, and the settings file that they make."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping

from single_machine.service.places import CannotInstall

Ask = Callable[[str], str]
_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?")
_WAYS = {
    "acme": "ApraNova gets the certificate from Let's Encrypt by itself (two NS records, port 53)",
    "files": "I have a certificate and its key as files",
    "proxy": "a web server in front of ApraNova has the certificate",
}


def ask_all(earlier: Mapping[str, str], ask: Ask | None = None) -> str:
    """The text of school.toml. `earlier` answers, by variable, are offered again. Raises
    CannotInstall without a terminal."""
    if ask is None:
        if not sys.stdin.isatty():
            raise CannotInstall("there is no terminal to ask on. Give the answers in a file: --settings FILE")
        ask = input
    domain = _ask(
        ask,
        "The school's address, such as learn.school.example",
        earlier.get("APRANOVA_DOMAIN", ""),
        lambda text: bool(_HOST_NAME.fullmatch(text)),
    )
    email = _ask(
        ask,
        "E-mail address of the first admin",
        earlier.get("APRANOVA_ADMIN_EMAIL", ""),
        lambda text: bool(re.fullmatch(r"[^@\s]+@[^@\s]+", text)),
    )
    ways = "".join(f"\n  {way}: {text}" for way, text in _WAYS.items())
    way = _ask(
        ask, f"How does the school get TLS?{ways}\nWhich", earlier.get("APRANOVA_TLS", "acme"), _WAYS.__contains__
    )
    tls = {"mode": way}
    if way == "files":
        for key, what in (("certificate", "Certificate with its chain, a PEM file"), ("key", "Its key, a PEM file")):
            before = earlier.get(f"APRANOVA_TLS_{key.upper()}", "")
            tls[key] = _ask(ask, what, before, lambda text: text.startswith("/"))
    return _toml({"school": {"domain": domain, "admin_email": email}, "tls": tls})


def _ask(ask: Ask, what: str, before: str, fits: Callable[[str], bool]) -> str:
    while True:
        answer = ask(f"{what}{f' [{before}]' if before else ''}: ").strip() or before
        if fits(answer):
            return answer
        print("  This does not fit; please answer again.")


def _toml(tables: Mapping[str, Mapping[str, str]]) -> str:
    """All settings: docs/guides/school.example.toml. JSON's strings are TOML's."""
    lines = ["# Written by ./apranova install. All settings: docs/guides/school.example.toml"]
    for table, entries in tables.items():
        lines += ["", f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"
