"""Decides when an order is due, carries it out, and remembers how it ended."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import replace

from certificates.issuance import find_suggested_renewal, obtain
from certificates.publishing import Publishing
from certificates.refusals import NotIssued
from certificates.schedule import renew_at, try_again_at
from certificates.settings import Settings
from certificates.store import Progress, Store

LOOK_EVERY = dt.timedelta(hours=6)
"""How often the authority is asked whether it wants a renewal sooner."""


class Renewal:
    def __init__(self, settings: Settings, store: Store, publishing: Publishing, say: Callable[[str], None]) -> None:
        self._settings, self._store, self._publishing, self._say = settings, store, publishing, say
        self._digest = hashlib.sha256(repr(settings).encode()).hexdigest()

    def step(self, now: dt.datetime) -> dt.datetime:
        """Order a certificate if one is due. Returns when to call again. Raises OSError if
        nothing can be noted, before it orders."""
        due = self._due_at(now)
        progress = self._progress()
        if progress.retry_at is not None:
            due = max(due, dt.datetime.fromtimestamp(progress.retry_at, dt.UTC))
        if due > now:
            return min(due, now + LOOK_EVERY)
        # Written first, so that a process that dies in an order does not order again and again.
        before = replace(progress, failures=progress.failures + 1, problem="")
        again = try_again_at(now, failures=before.failures)
        self._store.keep_progress(replace(before, retry_at=again.timestamp()))
        try:
            self._order(now, tried_before=progress.failures > 0)
        except NotIssued as problem:
            return self._failed(problem, now)
        except OSError as problem:
            return self._failed(NotIssued(f"it could not be stored: {problem}"), now)
        return min(self._due_at(now), now + LOOK_EVERY)

    def try_out(self) -> None:
        """An order at the authority's staging, or for real if there is none. Raises NotIssued."""
        authority = self._settings.staging or self._settings.authority
        obtain(authority, self._settings.hosts, store=self._store, publishing=self._publishing)

    def _due_at(self, now: dt.datetime) -> dt.datetime:
        lifetime = self._store.find_lifetime(self._settings.hosts)
        if lifetime is None:
            return now
        due = renew_at(lifetime.not_before, lifetime.not_after)
        if due > now:
            chain = self._store.chain.read_bytes()
            suggested = find_suggested_renewal(self._settings.authority, chain, store=self._store)
            due = renew_at(lifetime.not_before, lifetime.not_after, suggested=suggested)
        self._store.keep_progress(replace(self._progress(), renew_at=due.timestamp()))
        return due

    def _order(self, now: dt.datetime, *, tried_before: bool) -> None:
        store, settings = self._store, self._settings
        untried = tried_before or store.find_lifetime(settings.hosts) is None
        if settings.staging is not None and untried and not self._progress().staging_passed:
            self._say("Trying it out at the authority's staging, where a failure costs nothing …")
            self.try_out()
            store.keep_progress(replace(self._progress(), staging_passed=True))
        self._say(f"Ordering a certificate for {' and '.join(settings.hosts)} …")
        issued = obtain(settings.authority, settings.hosts, store=store, publishing=self._publishing)
        store.keep_certificate(chain=issued.chain, key=issued.key, now=now)
        store.keep_progress(Progress(settings=self._digest))
        self._say("The certificate is here.")

    def _progress(self) -> Progress:
        """With these settings. After a change of them nobody should have to wait for hours."""
        kept = self._store.progress()
        return kept if kept.settings == self._digest else Progress(settings=self._digest)

    def _failed(self, problem: NotIssued, now: dt.datetime) -> dt.datetime:
        progress = self._progress()
        again = try_again_at(now, failures=progress.failures, asked=problem.retry_after)
        # If the real order failed, what passed at staging did not help: the next is tried out.
        self._store.keep_progress(
            replace(progress, problem=str(problem), retry_at=again.timestamp(), staging_passed=False)
        )
        self._say(f"No certificate: {problem}. Next attempt: {again:%Y-%m-%d %H:%M} UTC.")
        return again
