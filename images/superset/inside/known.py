"""What Superset computes repeatedly: half of a page's time, 5 MB that a child cannot share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def install_before_views() -> None:
    """Superset's views import these functions by name, so this comes before the views."""
    from superset import db_engine_specs
    from superset.utils import version

    # An image's drivers never change; looking for them reads every package's metadata.
    db_engine_specs.get_available_engine_specs = functools.cache(db_engine_specs.get_available_engine_specs)
    # It runs git for each page, in the student's home, for Superset's own version.
    version._get_local_branch = lambda: None  # noqa: SLF001  it has no setting


def install() -> None:
    """A page asks for both of these twice, with the same answer."""
    from superset.views import base, core

    user = _once_a_request(base.bootstrap_user_data)
    base.bootstrap_user_data = core.bootstrap_user_data = user
    base.cached_common_bootstrap_data = _once_a_request(base.cached_common_bootstrap_data)


def _once_a_request(function: Callable[..., Any]) -> Callable[..., Any]:
    from flask import g

    kept = f"_known_{function.__name__}"

    @functools.wraps(function)
    def answer(*arguments: Any, **named: Any) -> Any:
        key = (arguments, tuple(sorted(named.items())))
        known = g.setdefault(kept, {})
        if key not in known:
            known[key] = function(*arguments, **named)
        return known[key]

    return answer
