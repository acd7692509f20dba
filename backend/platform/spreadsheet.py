"""Text for a cell of a spreadsheet, which must take no cell for a formula."""

from __future__ import annotations

import unicodedata

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def plain_cell(text: str) -> str:
    """Also the wide signs of East Asia, which some programs take for the usual ones."""
    return f"'{text}" if unicodedata.normalize("NFKC", text).lstrip(" ").startswith(_FORMULA) else text


def cell_of_others(text: str) -> str:
    """For what anybody may have typed: in many countries a semicolon ends a cell, and the next one
    may begin with =."""
    return plain_cell(" ".join(text.replace(";", ",").split()))
