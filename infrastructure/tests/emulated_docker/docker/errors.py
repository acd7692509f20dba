"""The errors by which ministack tells Docker's answers apart."""

from __future__ import annotations


class NotFound(Exception):
    pass


class ImageNotFound(NotFound):
    pass
