"""Random numbers of a child's own: what a fork copies, and what must be seeded again.

Python's `random` seeds itself in every forked child, and the kernel answers `os.urandom` (so
`secrets`, `uuid4`, OpenSSL). numpy's numbers continue in each child where the parent stopped, so
that without this every child would draw the same.
"""

from __future__ import annotations

import os

import numpy as np


def renew() -> None:
    """Once in each child, before anything of the student runs."""
    np.random.seed(int.from_bytes(os.urandom(4), "little"))
