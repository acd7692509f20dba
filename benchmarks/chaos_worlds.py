"""What else may happen to a school: a database is gone, the disk is full. Each once."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.product import Product
from tests.run import test_environment
from tests.school import School, Student, Unexpected, pool_of

INTERNAL = (
    "Traceback",
    "Errno",
    "psycopg",
    "sqlite3.",
    "redis.",
    "upstream connect error",
    "ConnectionRefused",
    "bwrap",
)
"""Words that belong in a log and on no screen."""
MARK = "kept.txt"
DISK_BYTES = 900 << 20


def broken_worlds() -> dict[str, bool]:
    """What should hold → whether it does."""
    os.environ.update(test_environment())
    facts = _tried("missing databases", _missing_databases)
    if os.geteuid() == 0:
        return facts | _tried("a full disk", _full_disk)
    return {**facts, "a full disk is tried only by root, who may mount a small one": True}


def _tried(what: str, world: Callable[[], dict[str, bool]]) -> dict[str, bool]:
    """A product that breaks altogether is a finding, and no reason to lose the others."""
    try:
        return world()
    except (AssertionError, OSError, Unexpected, ValueError) as problem:
        return {f"{what}: {str(problem).splitlines()[0][:200]}": False}


def _missing_databases() -> dict[str, bool]:
    facts = {}
    with _school_with_a_file() as (product, _):
        product.stop()
        data = product.home / "h" / "data"
        for name, database in (("the workspaces' records", "manager.sqlite3"), ("PostgreSQL's folder", "postgres")):
            aside = data.with_name(f"aside-{database}")
            (data / database).rename(aside)
            refused = product.run("up")
            said = refused.stdout + refused.stderr
            facts[f"without {name} `up` refuses and says what to do"] = (
                refused.returncode != 0 and "restore" in said and "Traceback" not in said
            )
            if database == "postgres":
                aside.rename(data / database)
        rebuilt = product.run("restore", "--rebuild-records")
        product.start()
        facts["records rebuilt from the homes lead to the same files"] = rebuilt.returncode == 0 and _finds_file(
            product
        )
    return facts


def _full_disk() -> dict[str, bool]:
    """The product's folder is a small file system, and it is full when the student clicks."""
    with _school_with_a_file(own_disk=True) as (product, student):
        school, filler = School(product), product.home / "filler"
        school.stop_all([student])
        _fill(filler)
        try:
            student.launch()
            said = ""
        except Unexpected as refusal:
            said = str(refusal)
        worded = not any(word in said for word in INTERNAL)
        filler.unlink()
        return {
            f"on a full disk a student gets in or is told why in words ({said[:60] or 'got in'})": worded,
            "with space again they get in and find their files": _finds_file(product),
        }


def _fill(filler: Path) -> None:
    block = bytes(1 << 20)
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError as full:
            if full.errno != errno.ENOSPC:
                raise


def _finds_file(product: Product) -> bool:
    School(product).demo_student("amira").launch()
    (home,) = (path for path in (product.home / "h/data/homes").glob("home-*") if path.is_dir())
    return (home / "project" / MARK).read_text() == "kept"


@contextmanager
def _school_with_a_file(*, own_disk: bool = False) -> Iterator[tuple[Product, Student]]:
    product = Product(pool_of(1))
    if own_disk:
        options = f"size={DISK_BYTES},mode=0711"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", product.home], check=True)
    try:
        product.start()
        school = School(product)
        school.until_pool_is_full()
        student = school.demo_student("amira")
        student.launch()
        (home,) = (path for path in (product.home / "h/data/homes").glob("home-*") if path.is_dir())
        (home / "project" / MARK).write_text("kept")
        yield product, student
    finally:
        with contextlib.suppress(Exception):
            product.stop()
        if own_disk:
            subprocess.run(["umount", product.home], check=False)
        product.remove()
