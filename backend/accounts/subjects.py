"""How the backend remembers who somebody is at a provider."""

from __future__ import annotations

import hashlib


def uid_of(issuer: str, subject: str) -> str:
    """A subject is one person's at its issuer alone: at the next issuer it may be another's.

    What is before the dot is the same for all people of an issuer.
    """
    return f"{hashlib.sha256(issuer.encode()).hexdigest()[:32]}.{hashlib.sha256(subject.encode()).hexdigest()}"
