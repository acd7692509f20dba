"""How passwords are stored: Argon2id, which costs a guesser memory and a sign-in little time.

Each try costs a hash, also a wrong one, and a class signs in within a minute. Django's default, a
million rounds of PBKDF2, takes ten times as much of a processor (0.23 s instead of 0.02 to 0.03 s
here), with which one guesser would slow down a whole school.
"""

from __future__ import annotations

import contextlib
import ctypes

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Parameters: OWASP Password Storage Cheat Sheet, Argon2id with 19 MiB (in KiB here)."""

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1


_M_MMAP_THRESHOLD = -3  # mallopt(3)
_GIVEN_BACK_FROM_BYTES = 1 << 20

# A hash's 19 MiB go back to the kernel at once. By itself glibc keeps them for each thread that has
# ever hashed: 260 MB after a class has signed up. (musl has no mallopt, and gives back anyway.)
with contextlib.suppress(AttributeError):
    ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _GIVEN_BACK_FROM_BYTES)
