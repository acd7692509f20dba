"""A real SAML provider for tests: npm's `samlp`, in a process of its own."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.ports import free_port
from tests.sign_in_provider import running_provider

EMAIL = "urn:oid:0.9.2342.19200300.100.1.3"
NAME = "urn:oid:2.16.840.1.113730.3.1.241"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
ISSUER = "urn:nordlicht:idp"


@dataclass(frozen=True)
class SamlProvider:
    port: int
    people_file: Path
    key: bytes
    certificate: bytes

    @property
    def metadata(self) -> str:
        return metadata_at(self.port)

    def add(
        self,
        login: str,
        *,
        email: str | None,
        id: str | None = None,  # noqa: A002
        format: str = PERSISTENT,  # noqa: A002
        options: dict[str, object] | None = None,
        **attributes: object,
    ) -> None:
        """Somebody who signs in there by this name. `options` are samlp's."""
        people = json.loads(self.people_file.read_text())
        named = {"name": NAME, "groups": "groups"}
        said = {named.get(name, name): value for name, value in attributes.items()} | ({EMAIL: email} if email else {})
        people[login] = {"attributes": said, "id": id or login, "format": format, "options": options or {}}
        self.people_file.write_text(json.dumps(people))


def metadata_at(port: int) -> str:
    """By its number, so that a school at `localhost` is another site, as in life."""
    return f"http://127.0.0.1:{port}/metadata"


def saml_settings(port: int) -> dict[str, str]:
    """What a school sets to use the provider at this port."""
    return {
        "APRANOVA_SAML_METADATA": metadata_at(port),
        "APRANOVA_SAML_NAME": "Nordlicht SAML",
        "APRANOVA_SAML_VERIFIED_DOMAINS": "school.example demo.school.example dresden.school.example",
    }


def key_and_certificate(*, days: float = 1) -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a provider of tests")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private, certificate.public_bytes(encoding)


@contextmanager
def running_saml(public_url: str, port: int | None = None) -> Iterator[SamlProvider]:
    """The provider of one school, which people see at `public_url`."""
    with tempfile.TemporaryDirectory(prefix="saml-") as name:
        folder = Path(name)
        provider = SamlProvider(port or free_port(), folder / "people.json", *key_and_certificate())
        provider.people_file.write_text("{}")
        (folder / "key.pem").write_bytes(provider.key)
        (folder / "certificate.pem").write_bytes(provider.certificate)
        settings = {
            "port": provider.port,
            "acs": f"{public_url}/api/auth/saml/school/acs/",
            "issuer": ISSUER,
            "certificate": str(folder / "certificate.pem"),
            "key": str(folder / "key.pem"),
            "people": str(provider.people_file),
        }
        with running_provider("saml_provider", settings, provider.metadata):
            yield provider
