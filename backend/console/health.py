"""How the platform does: what the doctor found, and what the backend sees itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from backend.accounts.models import BounceMailbox
from backend.console.schemas import ConsoleHealthOut, FindingOut, FindingState
from backend.platform.dependencies import ask_database, ask_redis, failure_of
from backend.platform.mail import SENT, TROUBLE
from backend.workspaces.manager_client import manager_client
from contract.doctor import EVERY_S, DoctorRecord, Verdict, read_record
from contract.errors import ApraNovaError
from contract.manager import CapacityAnswer

OLD_AFTER_S = 3 * EVERY_S
PASS_OLD_AFTER_S = 900.0
"""Three passes."""
MAILBOX_OLD_AFTER_S = 900.0
"""Of the one for mails that come back, which is read every two minutes."""
ASK_AGAIN = "Ask again on the server: sudo ./apranova doctor"
_STATES = {Verdict.YES: FindingState.FINE, Verdict.LOOK: FindingState.LOOK, Verdict.NO: FindingState.BROKEN}
_WORST_FIRST = (FindingState.BROKEN, FindingState.LOOK, FindingState.FINE)
_ALERTS, _OPERATOR, _SERVER = "docs/runbooks/alerts.md", "docs/guides/operator.md", "docs/guides/one-server.md"
GUIDES = {
    "Database": f"{_ALERTS}#apranovadown",
    "Redis": f"{_ALERTS}#apranovadown",
    "Workspace manager": f"{_ALERTS}#apranovadown",
    "Passes over the workspaces": f"{_ALERTS}#apranovareconcilingstopped",
    "Snapshots of homes": f"{_OPERATOR}#snapshots-of-homes",
    "Sent e-mails": f"{_ALERTS}#apranovamailfails",
    "E-mails that come back": f"{_OPERATOR}#mail-that-comes-back",
    "e-mail": f"{_ALERTS}#apranovamailfails",
    "a mail": f"{_ALERTS}#apranovamailfails",
    "backup": f"{_OPERATOR}#backups-of-the-school",
    "snapshots": f"{_OPERATOR}#snapshots-of-homes",
    "certificate": f"{_ALERTS}#apranovacertificateends",
    "delegation": f"{_SERVER}#a-certificate-from-lets-encrypt",
    "trial order": f"{_SERVER}#a-certificate-from-lets-encrypt",
    "disk": "docs/runbooks/disk-nearly-full.md",
    "memory": f"{_SERVER}#how-large-a-server",
    "isolation": f"{_OPERATOR}#isolation",
    "limits": f"{_OPERATOR}#memory-without-cgroups",
    "inotify": f"{_OPERATOR}#inotify",
    "web server in front": f"{_SERVER}#a-web-server-in-front",
    "internet": f"{_SERVER}#behind-a-proxy-with-mirrors-or-an-authority-of-your-own",
    "authority": f"{_SERVER}#behind-a-proxy-with-mirrors-or-an-authority-of-your-own",
    "sign-in": "docs/guides/sign-in.md",
    "portal's name": f"{_SERVER}#1-dns-records",
    "workspaces' names": f"{_SERVER}#1-dns-records",
}
"""How a finding's name begins, without regard to case → the document that says more."""


def console_health(*, now: float | None = None) -> ConsoleHealthOut:
    """Answers whatever is broken: a part that does not answer is a finding."""
    now = time.time() if now is None else now
    on_aws, file = settings.ENVIRONMENT.isolation == "ecs", settings.DOCTOR_RECORD
    record = read_record(file) if file is not None else DoctorRecord()
    findings = [*_parts(now), *(() if on_aws else _mails()), *_bounces(now), *_doctor(record, file, now)]
    ordered = sorted(findings, key=lambda it: _WORST_FIRST.index(it.state))
    return ConsoleHealthOut(findings=ordered, doctor_asked_at=_moment(record.at), on_aws=on_aws)


def _parts(now: float) -> Iterator[FindingOut]:
    for name, ask in (("Database", ask_database), ("Redis", ask_redis)):
        failure = failure_of(ask)
        remedy = "Its log says why. It is started again by itself." if failure else ""
        yield _finding(name, not failure, failure or "It answers.", remedy)
    name = "Workspace manager"
    try:
        found = manager_client().capacity()
    except ApraNovaError as error:
        yield _finding(name, False, error.message, "Its log says why. See: sudo ./apranova status")
        return
    yield _finding(name, True, "It answers.")
    yield from _passes(found, now)
    for kind in found.kinds:
        look = "" if kind.ready else "It is installed in the background. If that takes long, its log says why."
        yield _finding(kind.kind.label, kind.ready, kind.text or "It can be launched.", look, worst=FindingState.LOOK)
    yield from _snapshots(found)


def _passes(found: CapacityAnswer, now: float) -> Iterator[FindingOut]:
    name = "Passes over the workspaces"
    if found.last_sweep_at is None:  # on AWS, an alarm counts them
        return
    passed = now - found.last_sweep_at
    if passed <= PASS_OLD_AFTER_S:
        yield _finding(name, True, f"The last one was {passed:.0f} s ago." if passed >= 1 else "One has just ended.")
    else:
        text = f"The last one was {passed / 60:.0f} minutes ago: nothing is stopped or prepared."
        yield _finding(name, False, text, "The manager's log says why.", since=found.last_sweep_at)


def _snapshots(found: CapacityAnswer) -> Iterator[FindingOut]:
    name, count = "Snapshots of homes", found.machine.homes_without_snapshot if found.machine else 0
    if count:
        homes = "1 home has" if count == 1 else f"{count:,} homes have"
        remedy = "Which and why: sudo ./apranova status"
        yield _finding(name, False, f"{homes} no snapshot of the newest files.", remedy)
    else:
        off = found.snapshots.startswith("off")
        yield _finding(name, not off, f"{found.snapshots}.", worst=FindingState.LOOK)


def _mails() -> Iterator[FindingOut]:
    if TROUBLE.since:
        remedy = "Check email.url and email.from. A test: sudo ./apranova doctor --mail"
        yield _finding(
            "Sent e-mails", False, f"The last ones did not leave: {TROUBLE.why}", remedy, since=TROUBLE.since
        )
    elif sent := int(SENT._value.get()):  # noqa: SLF001  the library has no other way to read it
        left = "One has left" if sent == 1 else f"{sent:,} have left"
        yield _finding("Sent e-mails", True, f"{left} since the backend started.")


def _bounces(now: float) -> Iterator[FindingOut]:
    mailbox = settings.ENVIRONMENT.bounces
    row = BounceMailbox.objects.filter(address=mailbox.address).first() if mailbox else None
    name = "E-mails that come back"
    if row is not None and row.problem_since:
        remedy = "Check email.bounces: host, user, password and folder."
        text = f"Their mailbox cannot be read: {row.problem}"
        yield _finding(name, False, text, remedy, since=row.problem_since.timestamp())
    elif row is not None and row.read_at:
        read_at = row.read_at.timestamp()
        if now - read_at <= MAILBOX_OLD_AFTER_S:
            yield _finding(name, True, "Their mailbox is read.")
        else:
            text = f"Their mailbox was last read {(now - read_at) / 60:.0f} minutes ago."
            yield _finding(name, False, text, "The backend's log says why.", since=read_at)


def _doctor(record: DoctorRecord, file: Path | None, now: float) -> Iterable[FindingOut]:
    if file is None:
        return
    if not record.findings:
        text = "It has not been asked yet. A school that has just started asks within two minutes."
        yield _finding("Doctor", False, text, ASK_AGAIN, worst=FindingState.LOOK)
    elif now - record.at > OLD_AFTER_S:
        text = f"It was last asked {(now - record.at) / 3600:.0f} hours ago; what follows may be over."
        yield _finding("Doctor", False, text, ASK_AGAIN, worst=FindingState.LOOK)
    for it in record.findings:
        yield FindingOut(
            name=_capital(it.check),
            state=_STATES[it.verdict],
            text=_capital(it.text),
            remedy=it.remedy,
            since=_moment(it.since),
            guide=_guide(it.check),
        )


def _finding(
    name: str,
    fine: bool,
    text: str,
    remedy: str = "",
    *,
    worst: FindingState = FindingState.BROKEN,
    since: float = 0.0,
) -> FindingOut:
    return FindingOut(
        name=name,
        state=FindingState.FINE if fine else worst,
        text=_capital(text),
        remedy=remedy,
        since=_moment(since),
        guide=_guide(name),
    )


def _capital(text: str) -> str:
    """As a sentence begins, but for a name such as 'github.com:443'."""
    first = text.partition(" ")[0].rstrip(":,")
    return text[:1].upper() + text[1:] if first.replace("-", "").isalpha() else text


def _guide(name: str) -> str | None:
    lower = name.lower()
    return next((guide for start, guide in GUIDES.items() if lower.startswith(start.lower())), None)


def _moment(at: float) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at else None
