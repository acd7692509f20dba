"""Tells the admins by e-mail that the certificate nears its end and nothing has renewed it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from single_machine.certificate_report import CertificateReport, Health, find_report
from single_machine.settings import Settings

LOOK_EVERY_S = 3600.0
AGAIN_AFTER = dt.timedelta(days=3)
Send = Callable[[str, str], str]
"""Subject and text of a mail to the admins; returns why it could not be sent, or nothing."""


def is_due(report: CertificateReport, *, now: dt.datetime, last: dt.datetime | None) -> bool:
    """Every three days while a person must act; `last` is when the last mail went out. A school
    that never had a certificate has nobody yet who could read mail."""
    must_act = report.health is Health.ENDS_SOON and report.not_after is not None
    return must_act and (last is None or now - last >= AGAIN_AFTER)


def subject_and_text(settings: Settings, report: CertificateReport) -> tuple[str, str]:
    end = f"{report.not_after:%d %B %Y}" if report.not_after else ""
    text = (
        f"Hello,\n\nthe certificate of {settings.public_url} ends on {end}. After that, browsers refuse to open "
        f"the portal and all workspaces.\n\nIt is {report.text}.\n{report.remedy}\n\n"
        "On the server, ./apranova doctor says more.\n"
    )
    return f"the certificate ends on {end}", text


class CertificateMail:
    """Looks once an hour, and sends in a thread of its own: starting Django takes seconds."""

    def __init__(self, settings: Settings, send: Send, warn: Callable[[str], None]) -> None:
        self._settings, self._send, self._warn = settings, send, warn
        self._file = settings.home / "certificate-mail.json"
        self._look_at = 0.0
        self._last = self._kept()
        self.failures = 0

    def look(self, monotonic_s: float, now: dt.datetime) -> threading.Thread | None:
        """Returns the thread that sends, if a mail is due."""
        if monotonic_s < self._look_at:
            return None
        self._look_at = monotonic_s + LOOK_EVERY_S
        report = find_report(self._settings, now)
        if report is None or not is_due(report, now=now, last=self._last):
            return None
        sending = threading.Thread(target=self._tell, args=(report, now), name="certificate-mail", daemon=True)
        sending.start()
        return sending

    def _tell(self, report: CertificateReport, now: dt.datetime) -> None:
        subject, text = subject_and_text(self._settings, report)
        if why_not := self._send(subject, text):
            self.failures += 1
            self._warn(f"The admins could not be told by e-mail that {subject}: {why_not}")
            return
        self._last = now
        try:
            self._file.write_text(json.dumps({"sent_at": now.timestamp()}))
        except OSError as problem:  # on a full disk the next start repeats the mail, but not the next hour
            self._warn(f"{self._file} could not be written: {problem.strerror}")

    def _kept(self) -> dt.datetime | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            return dt.datetime.fromtimestamp(json.loads(self._file.read_text())["sent_at"], dt.UTC)
        return None


def send_by_backend(environment: Callable[[], Mapping[str, str]]) -> Send:
    def send(subject: str, text: str) -> str:
        command = [sys.executable, "-m", "backend.manage", "tell_admins", subject]
        done = subprocess.run(command, env=dict(environment()), input=text, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return ""
        return (done.stderr.strip().splitlines() or ["no reason was given"])[-1]

    return send
