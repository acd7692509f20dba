"""The doctor's questions about the certificate: its end, the delegation, port 53, a trial order."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
from collections.abc import Iterator

import dns.resolver
import psutil

from certificates.delegation import Delegation, NotKnown, find_delegation, is_served
from certificates.settings import Settings as IssuingSettings
from single_machine.answers import Answer, Verdict
from single_machine.certificate_report import Health, find_report
from single_machine.certificates_process import certificates_command, certificates_environment
from single_machine.challenge_sockets import challenge_addresses, open_challenge_sockets
from single_machine.preflight import CannotGoOn
from single_machine.running import find_running
from single_machine.settings import Settings, Tls

ORDER_WITHIN_S = 240.0
_VERDICTS = {
    Health.GOOD: Verdict.YES,
    Health.NOT_RENEWED: Verdict.LOOK,
    Health.ENDS_SOON: Verdict.NO,
    Health.MISSING: Verdict.NO,
}


def certificate(settings: Settings) -> Iterator[Answer]:
    report = find_report(settings, dt.datetime.now(dt.UTC))
    if report is None:
        return
    to_come = report.health is Health.MISSING and settings.issuing is not None and find_running(settings) is None
    verdict = Verdict.LOOK if to_come else _VERDICTS[report.health]
    yield Answer("certificate", verdict, report.text, report.remedy)


def delegation(settings: Settings) -> Iterator[Answer]:
    """Where the world is sent that asks for a challenge, for both names."""
    if settings.tls is not Tls.ACME or settings.issuing is None:
        return
    here = {address.address for found in psutil.net_if_addrs().values() for address in found}
    here |= _addresses_of(settings.domain)
    for zone in settings.issuing.zones:
        check = f"delegation of {zone}"
        try:
            found = find_delegation(zone, dns.resolver.Resolver())
        except (NotKnown, dns.resolver.NoResolverConfiguration) as problem:
            yield Answer(check, Verdict.LOOK, str(problem), "Check this machine's DNS (/etc/resolv.conf).")
        else:
            yield judge_delegation(check, zone, found, here=here, server=settings.domain)


def judge_delegation(check: str, zone: str, found: Delegation, *, here: set[str], server: str) -> Answer:
    record = f"one record at your DNS provider: name {zone}, type NS, value {server}."
    leads = ", ".join(found.servers)
    if not found.servers:
        return Answer(check, Verdict.NO, "there is none", f"Add {record}")
    if not found.addresses:
        return Answer(check, Verdict.NO, f"it leads to {leads}, which has no address", f"There must be {record}")
    elsewhere = sorted(set(found.addresses) - here)
    if elsewhere:
        text = f"it leads to {leads} ({', '.join(elsewhere)}), which is not this server"
        return Answer(check, Verdict.NO, text, f"There must be only {record}")
    return Answer(check, Verdict.YES, f"it leads here, by {leads}")


def challenge_port(settings: Settings) -> Iterator[Answer]:
    if settings.tls is not Tls.ACME or settings.issuing is None:
        return
    check, zone = f"port {settings.dns_port}", settings.issuing.zones[0]
    outside = "Seen from here. From outside, it must be open for UDP and TCP."
    if find_running(settings) is None:
        if settings.service:  # for which systemd opens it
            yield Answer(check, Verdict.LOOK, "the school does not run", "Start it: sudo systemctl start apranova")
            return
        try:
            sockets = open_challenge_sockets(settings)
        except CannotGoOn as problem:
            yield Answer(check, Verdict.NO, str(problem))
        else:
            _close(sockets)
            yield Answer(check, Verdict.YES, f"free. {outside}")
        return
    for address in challenge_addresses(settings):
        silent = [
            name
            for name, tcp in (("UDP", False), ("TCP", True))
            if not is_served(address, settings.dns_port, zone, tcp=tcp)
        ]
        if silent:
            text = f"the school does not answer on {address} by {' and '.join(silent)}"
            yield Answer(check, Verdict.NO, text, "Look into its log, certificates, and at this machine's firewall.")
        else:
            yield Answer(check, Verdict.YES, f"the school answers on {address}. {outside}")


def staging_order(settings: Settings) -> Iterator[Answer]:
    """Before the first start: would the authority give a certificate? Asked at its staging."""
    issuing = settings.issuing
    if issuing is None or issuing.staging is None or find_running(settings) is not None:
        return
    report = find_report(settings, dt.datetime.now(dt.UTC))
    if report is None or report.health is not Health.MISSING:
        return
    try:
        sockets = open_challenge_sockets(settings) if settings.tls is Tls.ACME else ()
    except CannotGoOn:
        return  # challenge_port has said it
    try:
        yield _order(settings, issuing, sockets)
    finally:
        _close(sockets)


def _order(settings: Settings, issuing: IssuingSettings, sockets: tuple[socket.socket, ...]) -> Answer:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    try:
        done = subprocess.run(
            certificates_command("staging", sockets),
            env=certificates_environment(issuing, {**kept, "PYTHONPATH": str(settings.source)}),
            pass_fds=[each.fileno() for each in sockets],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ORDER_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(
            "trial order", Verdict.NO, f"the authority did not decide within {ORDER_WITHIN_S / 60:.0f} minutes"
        )
    if done.returncode == 0:
        return Answer("trial order", Verdict.YES, "the authority's staging gave a certificate")
    last = (done.stdout.strip() or done.stderr.strip() or "no reason was given").splitlines()[-1]
    return Answer("trial order", Verdict.NO, last)


def _addresses_of(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except OSError:
        return set()


def _close(sockets: tuple[socket.socket, ...]) -> None:
    for each in sockets:
        each.close()
