"""The school's network: a proxy to the internet, mirrors of package registries, an authority.

The same settings reach our own installs (`for_installs`) and students' programs (`for_tasks`).
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from contract.environment import BadSetting, Environment

VARIABLES = (
    "APRANOVA_PROXY",
    "APRANOVA_NO_PROXY",
    "APRANOVA_NPM_REGISTRY",
    "APRANOVA_PIP_INDEX",
    "APRANOVA_EXTENSIONS_GALLERY",
    "APRANOVA_AUTHORITY",
)
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where distributions keep the authorities that they trust: Debian, Fedora, SUSE, Alpine."""
_OWN = ("localhost", "127.0.0.1", "::1")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_NAME = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|[0-9A-Fa-f:]+")


@dataclass(frozen=True)
class Proxy:
    """The school's own, through which everything leaves."""

    url: str = field(repr=False)
    """It may hold a password, so no log and no student may see it."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def tls(self) -> bool:
        """Whether the proxy itself is spoken to by TLS."""
        return self.url.startswith("https:")

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.tls else 80)

    @property
    def authorization(self) -> str:
        """The value of Proxy-Authorization; empty without a user."""
        parts = urlsplit(self.url)
        if parts.username is None:
            return ""
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return f"Basic {base64.b64encode(words.encode()).decode()}"


@dataclass(frozen=True)
class Network:
    proxy: Proxy | None = None
    no_proxy: tuple[str, ...] = ()
    """Hosts and domains that are reached without the proxy."""
    npm_registry: str = ""
    pip_index: str = ""
    extensions_gallery: str = ""
    """Open VSX or a mirror of it, without /vscode/gallery."""
    authority: Path | None = None
    """Certificates (PEM) that are trusted besides the public ones."""

    def goes_direct(self, host: str) -> bool:
        host = host.lower()
        return self.proxy is None or any(
            entry == "*" or host == entry.removeprefix(".") or host.endswith(f".{entry.removeprefix('.')}")
            for entry in self.no_proxy
        )

    def mirrors(self) -> frozenset[tuple[str, int]]:
        """Host and port of each: the operator named them, so they may have private addresses."""
        urls = (urlsplit(url) for url in (self.npm_registry, self.pip_index, self.extensions_gallery) if url)
        return frozenset((url.hostname or "", url.port or (443 if url.scheme == "https" else 80)) for url in urls)

    def for_installs(self, bundle: str) -> dict[str, str]:
        """What pip, npm and others of ours read. `bundle`: all trusted authorities, or ''."""
        variables = {**self._of_mirrors(), **trust_in(bundle)}
        if self.proxy is not None:
            without = ",".join((*_OWN, *self.no_proxy))
            named = {"http_proxy": self.proxy.url, "https_proxy": self.proxy.url, "no_proxy": without}
            variables |= {**named, **{name.upper(): value for name, value in named.items()}, "NODE_USE_ENV_PROXY": "1"}
        return variables

    def for_tasks(self, bundle: str) -> dict[str, str]:
        """What students' programs read. Their proxy is ours, which asks the school's."""
        variables = {**self._of_mirrors(), **trust_in(bundle)}
        if self.extensions_gallery:
            variables["EXTENSIONS_GALLERY"] = gallery(self.extensions_gallery)
        return variables

    def _of_mirrors(self) -> dict[str, str]:
        variables = {}
        if self.npm_registry:
            variables["NPM_CONFIG_REGISTRY"] = self.npm_registry
        if self.pip_index:
            variables["PIP_INDEX_URL"] = self.pip_index
            if self.pip_index.startswith("http:"):  # pip takes nothing from it otherwise
                variables["PIP_TRUSTED_HOST"] = urlsplit(self.pip_index).netloc
        return variables


def trust_in(bundle: str) -> dict[str, str]:
    """Names the file of trusted authorities to OpenSSL, Python, curl, Git, pip and Node.js."""
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT")
    names += ("NODE_EXTRA_CA_CERTS",)
    return dict.fromkeys(names, bundle) if bundle else {}


def gallery(url: str) -> str:
    """As code-server reads it: https://github.com/eclipse/openvsx/wiki/Using-Open-VSX-in-VS-Code."""
    resource = "{publisher}/{name}/{version}/{path}"
    return (
        f'{{"serviceUrl": "{url}/vscode/gallery", "itemUrl": "{url}/vscode/item", '
        f'"resourceUrlTemplate": "{url}/vscode/unpkg/{resource}"}}'
    )


def read_network(environment: Environment) -> Network:
    """Raises BadSetting."""
    no_proxy = tuple(environment.text("APRANOVA_NO_PROXY", "").lower().replace(",", " ").split())
    if not all(_NAME.fullmatch(entry) for entry in no_proxy):
        raise environment.refused("APRANOVA_NO_PROXY", "a list of host names, domains and single addresses")
    return Network(
        proxy=_proxy(environment),
        no_proxy=no_proxy,
        npm_registry=_mirror(environment, "APRANOVA_NPM_REGISTRY"),
        pip_index=_mirror(environment, "APRANOVA_PIP_INDEX"),
        extensions_gallery=_mirror(environment, "APRANOVA_EXTENSIONS_GALLERY").rstrip("/"),
        authority=environment.path("APRANOVA_AUTHORITY") if "APRANOVA_AUTHORITY" in environment else None,
    )


def trusted_authorities(authority: Path, system_bundles: tuple[str, ...] = SYSTEM_BUNDLES) -> bytes:
    """The machine's bundle and the school's certificates, as one PEM file. Raises BadSetting."""
    try:
        extra = b"\n".join(_PEM.findall(authority.read_bytes()))
    except OSError as error:
        raise BadSetting(f"APRANOVA_AUTHORITY is {authority}, which cannot be read ({error.strerror})") from None
    try:
        ssl.create_default_context(cadata=extra.decode() or "none")
    except (ValueError, ssl.SSLError):
        raise BadSetting(f"APRANOVA_AUTHORITY is {authority}, which holds no certificate in PEM") from None
    of_system = next((Path(bundle).read_bytes() for bundle in system_bundles if Path(bundle).is_file()), b"")
    return of_system.rstrip() + b"\n" + extra + b"\n"


def given_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of these settings that are set, for a process that reads them itself."""
    return {name: variables[name] for name in VARIABLES if name in variables}


def _proxy(environment: Environment) -> Proxy | None:
    name = "APRANOVA_PROXY"
    if name not in environment:
        return None
    url = environment.url(name, ("http", "https")).rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or parts.path or parts.query or re.search(r"\s", url):
        # Not in the words of `refused`, which would show the password.
        raise BadSetting(f"{name} must be like http://proxy.school.example:3128 or http://user:password@host:port")
    return Proxy(url)


def _mirror(environment: Environment, name: str) -> str:
    """A URL that every student will see."""
    if name not in environment:
        return ""
    url = environment.url(name, ("http", "https"))
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise BadSetting(f"{name} holds a user or a password, which every student could read; use a mirror without")
    if not parts.hostname or re.search(r'[\s"\\]', url):
        raise environment.refused(name, "an address such as https://packages.school.example/npm/")
    if parts.hostname in _OWN:
        raise environment.refused(name, "a host that workspaces can reach: localhost is the workspace itself there")
    return url
