"""Whether the school can read each file that its settings name."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from contract.sign_in import Saml
from single_machine.answers import Answer, Verdict
from single_machine.service_user import ServiceUser
from single_machine.settings import Settings, Tls

_CHECK = "files of the settings"


def named_files(settings: Settings) -> Iterator[Answer]:
    files, user = dict(_files(settings)), ServiceUser()
    unreadable = {key: file for key, file in files.items() if not user.may_read(file)}
    for key, file in unreadable.items():
        text = f"{key} is {file}, which {user.name} cannot read"
        if (closed := user.closed_folder(file)) is not None:
            yield Answer(_CHECK, Verdict.NO, f"{text}: {closed} is closed", _allow(user, "x", closed))
        elif not os.path.lexists(file):
            yield Answer(_CHECK, Verdict.NO, f"{key} is {file}, which is not there", f"Correct {key}.")
        else:
            yield Answer(_CHECK, Verdict.NO, text, _allow(user, "r", file))
    if files and not unreadable:
        yield Answer(_CHECK, Verdict.YES, f"{user.name} can read {', '.join(files)}")


def _allow(user: ServiceUser, what: str, path: Path) -> str:
    return f"sudo setfacl -m u:{user.name}:{what} {shlex.quote(str(path))}"


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Those that the operator named: key → file. What the school itself makes is not among them."""
    if settings.tls is Tls.FILES and settings.certificate is not None:
        yield "tls.certificate", settings.certificate.chain
        yield "tls.key", settings.certificate.key
    if settings.issuing is not None and settings.issuing.authority.directory_ca is not None:
        yield "tls.directory_ca", settings.issuing.authority.directory_ca
    if settings.network.authority is not None:
        yield "network.authority", settings.network.authority
    for provider in settings.sign_in.providers:
        if isinstance(provider, Saml) and (parts := urlsplit(provider.metadata)).scheme == "file":
            yield "saml.metadata", Path(unquote(parts.path))
    if settings.backup is not None and not settings.backup.password_file.is_relative_to(settings.home):
        yield "backup.password_file", settings.backup.password_file
