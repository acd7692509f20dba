"""Names as people write them, in any script, without characters that deceive who reads them."""

from __future__ import annotations

import unicodedata

MARKS_IN_A_ROW_MAX = 6
"""Tibetan and pointed Hebrew stack four; a hundred cover the lines above and below."""
_JOINERS = "\u200c\u200d"
"""Persian, Indic scripts and emoji need them; elsewhere they cannot be seen."""
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters, marks and signs by their category that show nothing."""
_VIRAMA = 9  # the combining class
_ARABIC_LETTER = "AL"  # the bidirectional class

UNSEEN = "the name has a character that cannot be seen or that changes how the text is shown (%s): type it by hand"
EMPTY = "the name needs a letter or a digit"
STACKED = "the name has too many accents on one letter"


def clean_name(value: str) -> str:
    """The name in Unicode's composed form, with plain spaces. Raises ValueError."""
    words = unicodedata.normalize("NFC", value).strip().replace("\u00a0", " ")
    marks = 0
    for position, character in enumerate(words):
        if not _can_be_seen(words, position):
            raise ValueError(UNSEEN % f"U+{ord(character):04X}")
        marks = marks + 1 if unicodedata.category(character) == "Mn" else 0
        if marks > MARKS_IN_A_ROW_MAX:
            raise ValueError(STACKED)
    if not any(unicodedata.category(character)[0] in "LN" for character in words):
        raise ValueError(EMPTY)
    return words


def _can_be_seen(words: str, position: int) -> bool:
    character, before = words[position], words[position - 1 : position]
    if character in _JOINERS:
        return position + 1 < len(words) and not words[position + 1].isspace() and _joins(before)
    if _selects_variant(character):
        return before.isalpha() or unicodedata.category(before or " ")[0] in "NS"
    return character == " " or (character not in _BLANK and character.isprintable())


def _joins(before: str) -> bool:
    """Whether a joiner after this character changes what is seen (compare RFC 5892, appendix A)."""
    return before != "" and (
        unicodedata.combining(before) == _VIRAMA
        or unicodedata.bidirectional(before) == _ARABIC_LETTER
        or unicodedata.category(before) in ("So", "Sk")
        or _selects_variant(before)
    )


def _selects_variant(character: str) -> bool:
    """Variation selectors: Japanese names and emoji have them."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
