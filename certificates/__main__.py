"""`python -m certificates serve | staging --socket N …`: started by `up` and `doctor`."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import socket
import sys
import time

from certificates.name_server import NameServer
from certificates.publishing import Hook, OwnNameServer, Publishing
from certificates.refusals import NotIssued
from certificates.renewal import Renewal
from certificates.settings import Settings, read_settings
from certificates.store import Store
from certificates.zone import ChallengeZones
from contract.environment import BadSetting


def main() -> int:
    parser = argparse.ArgumentParser(prog="certificates", description=__doc__)
    parser.add_argument("command", choices=("serve", "staging"))
    parser.add_argument("--socket", type=int, action="append", default=[], help="a bound socket's descriptor")
    arguments = parser.parse_args()
    try:
        settings = read_settings(os.environ)
    except BadSetting as problem:
        print(f"certificates: {problem}", file=sys.stderr)
        return 1
    publishing = _publishing(settings, [socket.socket(fileno=number) for number in arguments.socket])
    renewal = Renewal(settings, Store(settings.folder), publishing, _say)
    if arguments.command == "serve":
        _serve(renewal)
    try:
        renewal.try_out()
    except NotIssued as problem:
        print(problem)
        return 1
    return 0


def _serve(renewal: Renewal) -> None:
    while True:
        try:
            again = renewal.step(dt.datetime.now(dt.UTC))
        except OSError as problem:
            again = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
            _say(f"Nothing can be stored: {problem}. Next attempt: in 5 minutes.")
        time.sleep(max(0.5, (again - dt.datetime.now(dt.UTC)).total_seconds()))


def _publishing(settings: Settings, sockets: list[socket.socket]) -> Publishing:
    if settings.hook:
        return Hook(settings.hook, settings.hook_wait_s, _say)
    zones = ChallengeZones(settings.zones, server=settings.hosts[0])
    NameServer(zones, sockets).start()
    return OwnNameServer(zones)


def _say(text: str) -> None:
    print(f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
