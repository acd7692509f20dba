"""One way to write each e-mail address, so that one mailbox has one account."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

NO_ADDRESS = "this is not an email address"


def fold(address: str) -> str:
    """The address in lower case, its domain in Unicode. Raises ValueError.

    It is checked after folding, because folding can turn an address into something else: 'BP-İ'
    becomes 'bp-i' and a combining dot. Before the @ only ASCII is taken, as most mail servers do.
    """
    local, _, domain = address.strip().lower().rpartition("@")
    try:
        # Both ways of writing the domain, bücher.example and xn--bcher-kva.example, become one.
        folded = f"{local}@{domain.encode('idna').decode('idna')}"
        validate_email(folded)
    except (UnicodeError, ValidationError):
        raise ValueError(NO_ADDRESS) from None
    if not local.isascii() or folded != folded.lower():
        raise ValueError(NO_ADDRESS)
    return folded
