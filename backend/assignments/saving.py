"""Answers that a browser saves and never shows."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse

Answer = TypeVar("Answer", HttpResponse, StreamingHttpResponse)


def to_save(answer: Answer, name: str) -> Answer:
    """A browser saves it, and shows and runs nothing of it on our origin."""
    answer["Content-Type"] = "application/octet-stream"
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "no-store"
    return answer
