"""Timetables that follow a calendar's address: it is read every hour, and again at each change.

Any backend process may read a feed. It holds the feed by moving its due time, because no
transaction may stay open while a foreign server is asked. A feed that breaks keeps the last good
timetable, and says since when and why.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.cohorts.models import Cohort, Feed, Timetable
from backend.cohorts.outbox import cohort_changed
from backend.cohorts.readings import columns, read_text, stored_classes
from backend.cohorts.services import record_change
from backend.cohorts.timetable import CONTENT_BYTES_MAX, DAYS_AHEAD
from backend.cohorts.timetable_changes import CHANGES_MAX, Change, changes
from backend.cohorts.timetables import replace_timetable
from backend.platform.background import BackgroundWorker
from backend.platform.database_connection import release_connection
from backend.platform.problems import FieldError, ProblemError
from backend.platform.public_fetch import Fetched, FetchLimits, Known, NotFetched, fetch, web_address
from calendars.classes import ClassMeeting, TimetableReading
from calendars.faults import BadTimetable
from calendars.text import Text, decode

EVERY = timedelta(hours=1)
LOOK_EVERY_S = 60.0
FEEDS_AT_ONCE_MAX = 50
FAULTS_SHOWN_MAX = 3

logger = logging.getLogger(__name__)


def preview_feed(cohort: Cohort, address: str) -> TimetableReading:
    """What the calendar at the address would mean for this cohort. Raises ProblemError."""
    _, text = _fetch_now(address)
    return read_text(text, cohort.time_zone, timezone.now())


def follow(cohort: Cohort, address: str, *, acting_user: User) -> Timetable:
    """Make the calendar at the address the cohort's timetable. Raises ProblemError."""
    fetched, text = _fetch_now(address)
    now = timezone.now()
    reading = read_text(text, cohort.time_zone, now)
    feed = Feed(cohort=cohort, address=web_address(address, loopback=_limits().loopback))
    feed.etag, feed.modified = fetched.version.etag, fetched.version.modified
    feed.read_at, feed.due_at = now, now + EVERY
    with transaction.atomic():
        timetable = replace_timetable(cohort, feed.host[:200], text.content, reading, now=now, acting_user=acting_user)
        feed.save(force_insert=True)
        record_change("cohort.timetable_followed", cohort, acting_user, host=feed.host, classes=len(reading.classes))
    return timetable


def read_due() -> None:
    """Read every feed whose hour is over. One that fails does not keep the others waiting."""
    for _ in range(FEEDS_AT_ONCE_MAX):
        feed = _take_one()
        if feed is None:
            return
        try:
            _read_one(feed)
        except ProblemError as error:  # we are too busy: no fault of the feed's
            logger.warning("the feed of %s was not read: %s", feed.pk, error)
        except Exception:
            logger.exception("the feed of %s was not read", feed.pk)


worker = BackgroundWorker("feeds", read_due, interval_s=LOOK_EVERY_S)


def _take_one() -> Feed | None:
    now = timezone.now()
    with transaction.atomic():
        due = Feed.objects.filter(due_at__lte=now, cohort__active=True).order_by("due_at")
        feed = due.select_for_update(skip_locked=True, of=("self",)).select_related("cohort").first()
        if feed is not None:
            Feed.objects.filter(pk=feed.pk).update(due_at=now + EVERY)
    return feed


def _read_one(feed: Feed) -> None:
    cohort = feed.cohort
    release_connection()  # a foreign server may take its time, and others want the connection
    try:
        fetched = fetch(feed.address, _limits(), Known(feed.etag, feed.modified))
        if fetched.body is None:
            _read_well(feed)
            return
        text = decode(fetched.body, charset=fetched.charset)
        reading = read_text(text, cohort.time_zone, timezone.now())
    except (NotFetched, BadTimetable) as error:
        _broke(feed, str(error))
    except ProblemError as error:
        if not error.errors:
            raise
        _broke(feed, " ".join(it.message for it in error.errors[:FAULTS_SHOWN_MAX]))
    else:
        _changed(feed, fetched, text.content, reading)


def _read_well(feed: Feed) -> None:
    with transaction.atomic():
        if feed.broken_since is not None:
            record_change("cohort.feed_works_again", feed.cohort, None, host=feed.host)
        Feed.objects.filter(pk=feed.pk, address=feed.address).update(
            read_at=timezone.now(), broken_since=None, problem=""
        )


def _broke(feed: Feed, problem: str) -> None:
    with transaction.atomic():
        if feed.broken_since is None:
            record_change("cohort.feed_broke", feed.cohort, None, host=feed.host, problem=problem)
        Feed.objects.filter(pk=feed.pk, address=feed.address).update(
            broken_since=feed.broken_since or timezone.now(), problem=problem
        )


def _changed(feed: Feed, fetched: Fetched, content: str, reading: TimetableReading) -> None:
    """Store the new version, in one transaction with what it changed."""
    now = timezone.now()
    _read_well(feed)
    with transaction.atomic():
        same = Feed.objects.select_for_update().filter(pk=feed.pk, address=feed.address).first()
        timetable = Timetable.objects.select_for_update().filter(cohort_id=feed.pk).first()
        if same is None or timetable is None:
            return
        same.etag, same.modified = fetched.version.etag, fetched.version.modified
        until = timetable.read_at + DAYS_AHEAD
        found = changes(stored_classes(timetable), reading.classes, since=now, until=until)
        if found:
            same.changed_at, same.changes_count = now, len(found)
            same.changes = [_change(it) for it in found[:CHANGES_MAX]]
            record_change("cohort.timetable_changed", feed.cohort, None, host=feed.host, changes=len(found))
        same.save(update_fields=("etag", "modified", "changed_at", "changes", "changes_count"))
        different = found or timetable.content != content
        Timetable.objects.filter(pk=timetable.pk).update(content=content, read_at=now, **columns(reading))
        if different:
            cohort_changed(feed.cohort.pk)


def _change(change: Change) -> dict[str, object]:
    return {"before": _class(change.before), "after": _class(change.after)}


def _class(meeting: ClassMeeting | None) -> dict[str, str] | None:
    if meeting is None:
        return None
    return {
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "title": meeting.title,
    }


def _limits() -> FetchLimits:
    # As UTF-16 a file has twice its bytes; the text has its own limit.
    environment = settings.ENVIRONMENT
    return FetchLimits(2 * CONTENT_BYTES_MAX, loopback=environment.feeds_from_loopback, network=environment.network)


def _fetch_now(address: str) -> tuple[Fetched, Text]:
    """For a person who waits. Raises ProblemError."""
    release_connection()
    try:
        fetched = fetch(address, _limits())
        text = decode(fetched.body or b"", charset=fetched.charset)
    except NotFetched as error:
        raise _bad_address([error.text]) from None
    except BadTimetable as error:
        raise _bad_address([str(it) for it in error.faults]) from None
    return fetched, text


def _bad_address(messages: list[str]) -> ProblemError:
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_feed",
        "This address cannot be followed; nothing was changed.",
        errors=[FieldError(field="body.address", message=" ".join(messages))],
    )
