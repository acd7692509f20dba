"""The demo school: an admin, an instructor, students and a cohort of both tracks."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.accounts.roles import Role, Track
from backend.accounts.services import create_user
from backend.cohorts import demo_cohorts

DOMAIN = "demo.school.example"
PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105  no letters that look alike
PASSWORD_GROUPS = 4
PASSWORD_GROUP_LENGTH = 4


@dataclass(frozen=True)
class DemoPerson:
    login: str
    name: str
    role: Role
    track: Track | None = None

    @property
    def email(self) -> str:
        return f"{self.login}@{DOMAIN}"


PEOPLE = (
    DemoPerson("admin", "Ada Admin", Role.ADMIN),
    DemoPerson("instructor", "Ines Instructor", Role.INSTRUCTOR),
    DemoPerson("amira", "Amira Okafor", Role.STUDENT, Track.FSD),
    DemoPerson("ben", "Ben Larsen", Role.STUDENT, Track.FSD),
    DemoPerson("chloe", "Chloé Martin", Role.STUDENT, Track.FSD),
    DemoPerson("deepa", "Deepa Nair", Role.STUDENT, Track.DP),
    DemoPerson("emil", "Emil Novák", Role.STUDENT, Track.DP),
)


def seed(credentials_file: Path) -> list[str]:
    """Create all missing people; returns their addresses. Existing people keep their passwords.

    Passwords go into `credentials_file` (0600), which is written before the accounts are committed:
    a password that nobody can read would be worse than a file without its account.
    """
    with transaction.atomic():
        existing = set(User.objects.filter(email__in=[it.email for it in PEOPLE]).values_list("email", flat=True))
        passwords = {it: _password() for it in PEOPLE if it.email not in existing}
        for person, password in passwords.items():
            create_user(
                person.email,
                name=person.name,
                password=password,
                role=person.role,
                track=person.track,
                acting_user=None,
            )
        if passwords:
            _append(credentials_file, [_line(person, password) for person, password in passwords.items()])
    _seed_cohorts()
    return [person.email for person in passwords]


def _seed_cohorts() -> None:
    """As the people are by now: an admin may have given one another track."""
    people = User.objects.filter(email__in=[it.email for it in PEOPLE], is_active=True)
    demo_cohorts.seed(
        list(people.filter(role=Role.INSTRUCTOR)), {track: list(people.filter(track=track)) for track in Track}
    )


def _password() -> str:
    groups = (
        "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(PASSWORD_GROUP_LENGTH)) for _ in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)


def _line(person: DemoPerson, password: str) -> str:
    what = f"{person.role.value} ({person.track.value})" if person.track else person.role.value
    return f"{person.email:<36} {password}  {what:<14} {person.name}"


def _append(path: Path, lines: list[str]) -> None:
    """Add to what is there, readable by the owner alone, in one step: never half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier = path.read_text() if path.exists() else f"# Demo accounts of {settings.ENVIRONMENT.public_url}\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(earlier + "".join(f"{line}\n" for line in lines))
    draft.replace(path)
