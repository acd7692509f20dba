"""What the operator chose, read once from the environment."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract.environment import BadSetting, Environment

CHALLENGE_LABEL = "_acme-challenge"
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True)
class Authority:
    directory: str
    directory_ca: Path | None = None
    """Root certificates of the directory's own HTTPS, if they are not public ones."""
    eab_key_id: str = ""
    eab_hmac_key: str = field(default="", repr=False)
    profile: str = ""
    """Such as `shortlived`; empty: the authority's default."""


@dataclass(frozen=True)
class Settings:
    folder: Path
    """Accounts, certificates and progress; for their owner alone."""
    hosts: tuple[str, ...]
    """What the certificate is for; the first is the portal's name."""
    authority: Authority
    staging: Authority | None
    """Where an order costs nothing. It comes before the first real one, and after a failed one."""
    hook: tuple[str, ...]
    """Empty: the challenges are answered by our own name server."""
    hook_wait_s: float

    @property
    def zones(self) -> tuple[str, ...]:
        return tuple(challenge_name(host) for host in self.hosts)


def challenge_name(host: str) -> str:
    """Where the authority looks for the proof of a host; a wildcard is proven at its domain."""
    return f"{CHALLENGE_LABEL}.{host.removeprefix('*.')}"


def read_settings(variables: Mapping[str, str]) -> Settings:
    """Raises BadSetting."""
    environment = Environment(variables)
    directory = environment.url("APRANOVA_TLS_DIRECTORY", ("https",), LETS_ENCRYPT)
    staging = LETS_ENCRYPT_STAGING if directory == LETS_ENCRYPT else ""
    if "APRANOVA_TLS_STAGING_DIRECTORY" in environment:
        staging = environment.url("APRANOVA_TLS_STAGING_DIRECTORY", ("https",))
    ca = environment.path("APRANOVA_TLS_DIRECTORY_CA") if "APRANOVA_TLS_DIRECTORY_CA" in environment else None
    if ca is not None and not ca.is_file():
        raise environment.refused("APRANOVA_TLS_DIRECTORY_CA", "an existing file with root certificates (PEM)")
    key_id, hmac_key = (environment.text(f"APRANOVA_TLS_EAB_{name}", "") for name in ("KEY_ID", "HMAC_KEY"))
    if bool(key_id) != bool(hmac_key):
        raise BadSetting(
            "APRANOVA_TLS_EAB_KEY_ID and APRANOVA_TLS_EAB_HMAC_KEY belong together; one of them is not set"
        )
    try:
        base64.urlsafe_b64decode(hmac_key + "=" * (-len(hmac_key) % 4))
    except ValueError:  # its text is a secret
        raise BadSetting("APRANOVA_TLS_EAB_HMAC_KEY is not in base64url; part of it may be missing") from None
    profile = environment.text("APRANOVA_TLS_PROFILE", "")
    return Settings(
        folder=environment.path("APRANOVA_CERTIFICATES_DIR"),
        hosts=tuple(environment.text("APRANOVA_CERTIFIED_HOSTS").split()),
        authority=Authority(directory, ca, key_id, hmac_key, profile),
        staging=Authority(staging, ca, profile=profile) if staging else None,
        hook=_command(environment),
        hook_wait_s=environment.number("APRANOVA_TLS_HOOK_WAIT_S", 30.0, 0.0, 3600.0),
    )


def _command(environment: Environment) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(environment.text("APRANOVA_TLS_HOOK", "")))
    except ValueError:
        raise environment.refused("APRANOVA_TLS_HOOK", "a command, with its quotes closed") from None
