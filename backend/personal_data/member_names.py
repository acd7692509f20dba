"""Names inside a zip, from names that anybody chose: none may lead beside the folder they go to."""

from __future__ import annotations

import unicodedata

_RESERVED = frozenset('\\:*?"<>|')
"""Of Windows, where a backslash also begins another folder."""
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{it}{n}" for it in ("com", "lpt") for n in range(1, 10))})
PART_LENGTH_MAX = 120
DEPTH_MAX = 40


class MemberNames:
    """Gives each path a name of its own, also where letter case does not count."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}
        """The last one of each name. Thousands of names may become one."""

    def name_for(self, *paths: str) -> str:
        """Relative, with `/` between its parts. A path that begins with / or climbs does not."""
        parts = [part for path in paths for part in path.split("/") if part not in ("", ".", "..")]
        name = "/".join(_part(it) for it in parts[:DEPTH_MAX]) or "unnamed"
        folder, slash, last = name.rpartition("/")
        first, dot, ending = last.partition(".") if not last.startswith(".") else (last, "", "")
        wanted = _folded(name)
        while (folded := _folded(name)) in self._taken:
            self._numbers[wanted] = number = self._numbers.get(wanted, 1) + 1
            name = f"{folder}{slash}{first} ({number}){dot}{ending}"
        self._taken.add(folded)
        return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _part(part: str) -> str:
    """One folder's or file's name as every computer takes it."""
    seen = "".join("_" if it in _RESERVED or not (it.isprintable() or it == " ") else it for it in part)
    seen = seen[:PART_LENGTH_MAX].rstrip(" .") or "_"
    return f"_{seen}" if seen.partition(".")[0].lower() in _DEVICES else seen
