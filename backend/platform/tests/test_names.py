"""Names as people have them pass; what is unseen, turns the text or breaks the line does not."""

from __future__ import annotations

import pytest

from backend.platform.names import EMPTY, STACKED, clean_name


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "O'Brien-Smith, Jr.",
        "Zoë Łukasiewicz",
        "Nguyễn Thị Ánh",
        "李小龍",
        "わたなべ 邉\U000e0101",  # a variant of one character, as in Japanese registers
        "محمد بن سلمان",
        "علی\u200cرضا",  # Persian: a joiner that changes what is seen
        "ශ්\u200dරී ලංකා",  # Sinhala: the same after a virama
        "שָׁלוֹם",
        "प्रिया शर्मा",
        "X Æ A-12",
        "Klasse 3b 👩\u200d💻",
        "R2",
    ],
)
def test_a_name_as_people_have_it_stays(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "code",
    [
        *(0x200B, 0x2060, 0xFEFF, 0x00AD, 0x3164, 0x115F, 0x2800, 0x034F, 0xE0041),  # cannot be seen
        *(0x202A, 0x202E, 0x2066, 0x2069, 0x200E, 0x200F, 0x061C),  # change the direction
        *(0x0A, 0x0D, 0x0B, 0x85, 0x2028, 0x2029),  # break the line
        *(0x00, 0x1B, 0x7F, 0x200C, 0x200D, 0xFE0F, 0xE000, 0xD800),
    ],
)
def test_a_character_that_deceives_is_named(code: int) -> None:
    with pytest.raises(ValueError, match=f"U\\+{code:04X}"):
        clean_name(f"Ber {chr(code)}lin")


@pytest.mark.parametrize(("name", "complaint"), [("\u200b", "U\\+200B"), ("...", EMPTY), (" ", EMPTY), ("", EMPTY)])
def test_a_name_that_shows_nothing_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        clean_name(name)


def test_accents_do_not_pile_up_over_the_lines_above() -> None:
    with pytest.raises(ValueError, match=STACKED):
        clean_name("Z" + "\u0300\u0317" * 20)


def test_both_ways_to_write_an_accent_are_one_name() -> None:
    assert clean_name(" Zoe\u0308\u00a0B ") == "Zoë B"
