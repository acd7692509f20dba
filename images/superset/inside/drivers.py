"""Which databases' drivers are installed: looked up once. An image has no others later.

Superset asks for each page anew and reads the metadata of every installed package for it: a quarter of a page's time,
and 5 MB of pages that a child would otherwise share with its parent.
"""

from __future__ import annotations

import functools


def install() -> None:
    """Once for each process, before Superset's views are imported: they take the function by its name."""
    from superset import db_engine_specs

    db_engine_specs.get_available_engine_specs = functools.cache(db_engine_specs.get_available_engine_specs)
