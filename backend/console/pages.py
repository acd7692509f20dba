"""Who may use the console, and what its lists have in common: a search and pages."""

from __future__ import annotations

from typing import Annotated, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import AfterValidator, Field

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.cohorts.access import refuse_all_but_admins

ROWS_PER_PAGE = 50
PAGES_MAX = 1000
WORDS_MAX = 5

Row = TypeVar("Row", bound=Model)


def _words(value: str) -> str:
    """PostgreSQL takes no NUL."""
    return " ".join(value.replace("\0", " ").split())


SearchText = Annotated[str, Field(max_length=200), AfterValidator(_words)]


class PageIn(Schema):
    """What every list of the console takes."""

    q: SearchText = ""
    """Words that must all be found."""
    page: Annotated[int, Field(ge=1, le=PAGES_MAX)] = 1
    """Of 50 rows, from 1."""


def admin_of(request: HttpRequest) -> User:
    """The admin who asks. Raises ProblemError for anybody else."""
    user = acting_user(request)
    refuse_all_but_admins(user, "administer the school")
    return user


def with_words(rows: QuerySet[Row], text: str, *columns: str) -> QuerySet[Row]:
    """Rows in which each word is part of at least one of the columns."""
    for word in text.split()[:WORDS_MAX]:
        rows = rows.filter(Q.create([(f"{column}__icontains", word) for column in columns], connector=Q.OR))
    return rows


def one_page(rows: QuerySet[Row], number: int) -> list[Row]:
    return list(rows[(number - 1) * ROWS_PER_PAGE : number * ROWS_PER_PAGE])
