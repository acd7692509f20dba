"""Where an assignment's files go, for any home: nothing that is there is ever replaced."""

from __future__ import annotations

import random
from functools import partial

import pytest

from agent.hand_out.plan import NAMES_TRIED_MAX, Found, Kind, NoFreeName, Place, plan

NAMES = ("a", "b.py", "c", "README.md", "a.update-2", "b.update-2.py", ".env")


class Home:
    """Files and folders of a pretended project; a plan is carried out as the real program does."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = dict(files)
        self.others: set[str] = set()

    def look(self, path: str) -> Found:
        if path in self.files:
            return Found(Kind.FILE, self.files[path])
        if path in self.others:
            return Found(Kind.OTHER)
        below = f"{path}/"
        if any(it.startswith(below) for it in (*self.files, *self.others)):
            return Found(Kind.FOLDER)
        return Found(Kind.NOTHING)

    def carry_out(self, places: tuple[Place, ...], version: dict[str, str], *, most: int = 1000) -> None:
        for place in [it for it in places if not it.is_there][:most]:
            assert self.look(place.to).kind is Kind.NOTHING, place
            for depth in range(1, place.to.count("/") + 1):
                above = "/".join(place.to.split("/")[:depth])
                assert self.look(above).kind in (Kind.NOTHING, Kind.FOLDER), place
            self.files[place.to] = version[place.source]


def some_files(random: random.Random, depth: int = 0, above: str = "") -> dict[str, str]:
    files: dict[str, str] = {}
    for name in random.sample(NAMES, random.randint(0, 4)):
        if depth < 2 and random.random() < 0.3:
            files |= some_files(random, depth + 1, f"{above}{name}/")
        else:
            files[f"{above}{name}"] = random.choice("123")
    return files


@pytest.mark.parametrize("seed", range(400))
def test_any_home_keeps_every_file_and_gets_every_file_of_each_version(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  its seed replays a run
    home = Home(some_files(chance))
    home.others = {name for name in ("link", "a") if chance.random() < 0.2 and home.look(name).kind is Kind.NOTHING}
    before: dict[str, str] = {}
    known: dict[str, frozenset[str]] = {}
    for number in range(1, 5):
        version = some_files(chance)
        theirs = dict(home.files)

        again = partial(plan, version, before=before, known=known, number=number, look=home.look)
        home.carry_out(again(), version, most=chance.randint(0, 3))  # it is cut short, and tried again
        places = again()
        home.carry_out(places, version)
        assert all(place.is_there for place in again()), "a repeat writes nothing"
        assert theirs.items() <= home.files.items(), "no file of the student's is changed"
        for path, digest in version.items():
            beside = next((place.to for place in places if place.source == path), path)
            if before.get(path) != digest:
                assert home.files[beside] == digest
        before = version
        known = {path: known.get(path, frozenset()) | {digest} for path, digest in version.items()} | {
            path: digests for path, digests in known.items() if path not in version
        }
        for path in list(home.files):  # the student works on
            if chance.random() < 0.3:
                home.files[path] = "theirs"
            elif chance.random() < 0.1:
                del home.files[path]


def test_an_update_comes_beside_and_says_which_files_the_student_changed_too() -> None:
    home = Home({"lesson/a.py": "1", "lesson/b.py": "mine", "lesson/sub/.env": "1", "lesson/new": "mine"})
    before = {"lesson/a.py": "1", "lesson/b.py": "1", "lesson/sub/.env": "1", "lesson/same": "1"}
    known = {path: frozenset({digest}) for path, digest in before.items()}
    version = {"lesson/a.py": "2", "lesson/b.py": "2", "lesson/sub/.env": "2", "lesson/same": "1", "lesson/new": "2"}
    places = plan(version, before=before, known=known, number=2, look=home.look)
    assert [(it.to, it.changed_by_student) for it in places] == [
        ("lesson/a.update-2.py", False),
        ("lesson/b.update-2.py", True),
        ("lesson/sub/.env.update-2", False),
        ("lesson/new.update-2", True),
    ]


def test_what_a_student_deleted_comes_back_only_in_a_new_version_of_it() -> None:
    version = {"a": "1", "b": "2"}
    places = plan(version, before={"a": "1", "b": "1"}, known={}, number=2, look=Home({}).look)
    assert [it.to for it in places] == ["b"]


def test_a_file_or_a_link_in_the_place_of_a_folder_stays_and_the_folder_comes_beside() -> None:
    home = Home({"src": "mine"})
    home.others = {"lesson"}
    version = {"src/a.py": "1", "src/b.py": "1", "lesson/c.py": "1"}
    places = plan(version, before={}, known={}, number=1, look=home.look)
    assert [it.to for it in places] == ["src.update-1/a.py", "src.update-1/b.py", "lesson.update-1/c.py"]


def test_after_a_hundred_taken_names_it_gives_up() -> None:
    taken = {"a": "x", "a.update-1": "x"} | {f"a.update-1-{it}": "x" for it in range(2, NAMES_TRIED_MAX)}
    with pytest.raises(NoFreeName):
        plan({"a": "1"}, before={}, known={}, number=1, look=Home(taken).look)
