"""Accounts of students for the benchmark `roster`. Arguments: how addresses begin, and how many."""

from __future__ import annotations

import sys

import django

django.setup()

from backend.accounts.models import User  # noqa: E402
from backend.accounts.roles import Role, Track  # noqa: E402


def main() -> None:
    prefix, count = sys.argv[1], int(sys.argv[2])
    User.objects.bulk_create(
        User(email=f"{prefix}-{place}@roster.example", name=f"P {place}", role=Role.STUDENT, track=Track.FSD)
        for place in range(count)
    )


if __name__ == "__main__":
    main()
