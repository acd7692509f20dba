"""How passwords are stored: Argon2id, which costs a guesser memory and a sign-in little time.

Each try costs a hash, also a wrong one, and a class signs in within a minute. Django's default, a
million rounds of PBKDF2, takes ten times as much of a processor (0.23 s instead of 0.02 to 0.03 s
here), with which one guesser would slow down a whole school.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Parameters: OWASP Password Storage Cheat Sheet, Argon2id with 19 MiB (in KiB here)."""

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
