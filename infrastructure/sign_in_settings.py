"""How a school signs its people in, in the same tables and words as school.toml on one machine.

One thing differs: what a provider keeps secret is not in the file. The secret `sign-in` of this
installation has it, a JSON object with a text for each provider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from contract.environment import BadSetting
from contract.sign_in import read_sign_in

STRICT = ConfigDict(strict=True, extra="forbid")
WITH_SECRET = ("openid", "google", "microsoft", "github")
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f]{0,1000}$")]
_VARIABLE = re.compile(r"APRANOVA_(SIGN_IN|OPENID|GOOGLE|MICROSOFT|GITHUB|SAML|LTI|ADMIN)_([A-Z_]+)")


def _https(address: str) -> str:
    if not re.fullmatch(r"https://\S{1,1000}", address):
        raise ValueError(f"an address that begins with https:// is expected, not {address!r}")
    return address


@dataclass(frozen=True, config=STRICT)
class SignIn:
    passwords: bool = True
    groups_claim: Text = ""
    instructor_group: Text = ""


@dataclass(frozen=True, config=STRICT)
class OpenId:
    issuer: Text
    client_id: Text
    name: Text = ""
    verified_domains: tuple[Text, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Google:
    client_id: Text


@dataclass(frozen=True, config=STRICT)
class Microsoft:
    tenant: Text
    client_id: Text
    verified_domains: tuple[Text, ...]


@dataclass(frozen=True, config=STRICT)
class GitHub:
    client_id: Text
    """Of the school's application; Git in the workspaces signs in with it."""
    url: Annotated[str, AfterValidator(_https)] = "https://github.com"
    sign_in: bool = False
    """People sign in at the portal with it, too. One machine knows it by the client's secret."""


@dataclass(frozen=True, config=STRICT)
class Saml:
    metadata: Annotated[str, AfterValidator(_https)]
    """One machine reads a file, too; a container of AWS has none of the school's."""
    verified_domains: tuple[Text, ...]
    name: Text = ""
    issuer: Text = ""
    entity_id: Text = ""
    id_attribute: Text = ""
    email_attribute: Text = ""
    name_attribute: Text = ""


@dataclass(frozen=True, config=STRICT)
class Lti:
    issuer: Text
    client_id: Text
    deployment_ids: tuple[Text, ...]
    verified_domains: tuple[Text, ...]
    name: Text = ""
    login_url: Text = ""
    token_url: Text = ""
    keys_url: Text = ""
    teachers: bool = False


Table = SignIn | OpenId | Google | Microsoft | GitHub | Saml | Lti


def variables_of(table: str, values: Table | None) -> dict[str, str]:
    """The variables that the same table of school.toml stands for; nothing for what is not set."""
    found: dict[str, str] = {}
    for field in fields(values) if values else ():
        value = getattr(values, field.name)
        if (table, field.name) == ("github", "sign_in") or value in ("", ()):
            continue
        text = ("yes" if value else "no") if isinstance(value, bool) else value
        found[f"APRANOVA_{table}_{field.name}".upper()] = text if isinstance(text, str) else " ".join(text)
    return found


def secret_variable(provider: str) -> str:
    return f"APRANOVA_{provider}_CLIENT_SECRET".upper()


def check(variables: Mapping[str, str], providers: tuple[str, ...]) -> None:
    """As the backend will read them at its start. Raises ValueError in the words of the file."""
    secrets = {secret_variable(provider): "in Secrets Manager" for provider in providers}
    try:
        read_sign_in({**variables, **secrets})
    except BadSetting as problem:
        raise ValueError(_VARIABLE.sub(_key, str(problem))) from None


def _key(found: re.Match[str]) -> str:
    table, name = found[1].lower(), found[2].lower()
    return "school.admin_email" if table == "admin" else f"{table}.{name}"
