"""Where things live and what the user chose, read once from the environment."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from certificates.settings import Settings as IssuingSettings
from certificates.settings import read_settings as read_issuing_settings
from certificates.store import Store
from contract.environment import BadSetting, Environment
from contract.names import HelpVisits, WorkspaceKind
from contract.network import Network, read_network
from contract.sign_in import SignIn, read_sign_in
from single_machine.backup.settings import BackupSettings, read_backup_settings
from single_machine.certificate import CertificateFiles

ROOT_SANDBOX_UID = 61000
"""Host uid of the sandboxes when the product is started by root; PostgreSQL has the next one."""
SERVICE_HOME, SERVICE_RUN = Path("/var/lib/apranova"), Path("/run/apranova")
"""Where a service has data and sockets (single_machine/service/unit_files.py)."""
METRICS_PORT = 9464
"""Of a service. A trial has none: several may run on one machine."""
_HOST_NAME = re.compile(r"(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class Tls(StrEnum):
    OFF = "off"
    """Plain HTTP, for localhost alone."""
    ACME = "acme"
    """We get the certificate, and answer the authority's questions on port 53 ourselves."""
    DNS = "dns"
    """We get the certificate, and a command of the operator's sets records at the DNS provider."""
    FILES = "files"
    """Key and certificate are files of the operator."""
    PROXY = "proxy"
    """A proxy of the school's own in front has the certificate; we speak plain HTTP with it."""

    @property
    def obtained(self) -> bool:
        """Whether we get the certificate ourselves."""
        return self in (Tls.ACME, Tls.DNS)

    @property
    def served_here(self) -> bool:
        """Whether browsers speak TLS with our Envoy."""
        return self.obtained or self is Tls.FILES


@dataclass(frozen=True)
class Settings:
    source: Path
    home: Path
    """APRANOVA_HOME: all data, images, logs and secrets of this school."""
    run: Path
    """Sockets. Short, because a Unix socket's path has at most 107 characters."""
    images: Path
    """Shared by several schools of one machine when APRANOVA_IMAGES_DIR says so."""
    host: str
    """The address that it listens on."""
    port: int
    domain: str
    """Of the portal, such as learn.school.example; empty: the trial on localhost."""
    workspaces_domain: str
    """Under which each workspace has a host; with the port, if browsers need one."""
    tls: Tls
    certificate: CertificateFiles | None
    """The operator's, or where ours will be."""
    issuing: IssuingSettings | None
    """When we get the certificate ourselves."""
    dns_address: str
    """With Tls.ACME, where the challenge's name server listens; empty: at the address that this
    machine uses towards the internet."""
    dns_port: int
    redirect_port: int
    """When TLS ends here, where plain HTTP is sent to HTTPS; 0: nowhere."""
    trusted_hops: int
    """Proxies of the school in front, whose X-Forwarded-For counts."""
    admin_email: str
    """Gets a link to become the first admin."""
    email_bounces: str = field(repr=False)
    """The mailbox to which mail comes back; empty: nobody reads it."""
    email_url: str = field(repr=False)
    """The mail server, perhaps with a password; empty: mail goes to the backend's log."""
    sign_in: SignIn
    """The school's own sign-in."""
    sandbox_uid: int | None
    """None for an ordinary user: sandboxes run as that user."""
    database_url: str
    """Empty: a PostgreSQL of our own."""
    redis_url: str
    """Empty: a Redis of our own."""
    unisolated: bool
    kinds: tuple[WorkspaceKind, ...]
    """What this school offers."""
    school_name: str
    help_visits: HelpVisits
    """When instructors may open their students' workspaces."""
    help_history: bool
    share_with_anyone: bool
    """Students may share an app with anyone who has the link."""
    snapshots: Path
    """Snapshots of homes; another disk is a good place."""
    restic: Path
    """The program that takes them: the operator's, or the one that the manager fetches."""
    service: bool
    """Whether systemd starts the parts, each as a unit of its own (`install`), and not `up`."""
    settings_file: Path | None
    """school.toml, if there is one."""
    backup: BackupSettings | None
    """None: no backups of the school are made."""
    metrics_port: int
    """On loopback, where a Prometheus of this machine finds the school's figures; 0: nowhere."""
    network: Network

    @property
    def public_url(self) -> str:
        scheme = "http" if self.tls is Tls.OFF else "https"
        return f"{scheme}://{self.domain or 'localhost'}{_port_suffix(self.tls, self.port)}"

    @property
    def certified_hosts(self) -> tuple[str, ...]:
        """What a certificate must cover."""
        return _certified_hosts(self.domain, self.workspaces_domain)

    @property
    def database_uid(self) -> int | None:
        """PostgreSQL's own: what escapes from a sandbox must not own the database."""
        return None if self.sandbox_uid is None else self.sandbox_uid + 1

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def packages(self) -> Path:
        """The store of packages, which every workspace sees."""
        return self.home / "packages"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def demo_accounts(self) -> Path:
        return self.home / "demo-accounts.txt"

    @property
    def supervisor_file(self) -> Path:
        """What a running `up` writes about itself, for `status` and `down`."""
        return self.home / "supervisor.json"


def _port_suffix(tls: Tls, port: int) -> str:
    """Of the addresses that browsers see."""
    return "" if tls is Tls.PROXY or (tls.served_here and port == 443) else f":{port}"


def _certified_hosts(domain: str, workspaces_domain: str) -> tuple[str, str]:
    return domain, f"*.{workspaces_domain.partition(':')[0]}"


def default_home(environment: Mapping[str, str], uid: int) -> Path:
    if uid == 0:
        return SERVICE_HOME  # /root is closed to the sandboxes' uid
    data_home = environment.get("XDG_DATA_HOME") or str(
        Path(environment.get("HOME", "~")).expanduser() / ".local/share"
    )
    return Path(data_home) / "apranova"


def run_folder(home: Path, uid: int) -> Path:
    """One folder for each user and home, so that two schools of one user do not meet."""
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"apranova-{uid}-{digest}"


def read_settings(variables: Mapping[str, str], *, source: Path, port: int | None = None) -> Settings:
    """Raises BadSetting. A `port` from the command line replaces APRANOVA_PORT."""
    environment = Environment(variables if port is None else {**variables, "APRANOVA_PORT": str(port)})
    if "APRANOVA_TASKS_MAX" in environment:  # else a school that set it would have no limit, and not know
        raise BadSetting(
            "APRANOVA_TASKS_MAX is gone; APRANOVA_MEMORY_GB limits how many workspaces run, by their memory"
        )
    uid = os.getuid()
    service = environment.flag("APRANOVA_SERVICE")
    home = Path(environment.text("APRANOVA_HOME", str(SERVICE_HOME if service else default_home(variables, uid))))
    home = home.expanduser().absolute()
    if home == source or home.is_relative_to(source):
        raise BadSetting(
            f"APRANOVA_HOME ({home}) is inside the source tree, so a clean checkout would delete "
            "the students' data; choose a folder outside"
        )
    tls = environment.choice("APRANOVA_TLS", list(Tls), Tls.OFF)
    domain = _domain(environment, "APRANOVA_DOMAIN", "")
    _check_tls(tls, domain)
    port = environment.whole("APRANOVA_PORT", 443 if tls.served_here else 8080, 1, 65535)
    workspaces_domain = _workspaces_domain(environment, domain) + _port_suffix(tls, port)
    issuing = _issuing(variables, tls, home, _certified_hosts(domain, workspaces_domain))
    sandbox_uid = environment.whole("APRANOVA_SANDBOX_UID", ROOT_SANDBOX_UID if uid == 0 else -1, 1, 2**31)
    return Settings(
        source=source,
        home=home,
        run=environment.path("APRANOVA_RUN_DIR", SERVICE_RUN if service else run_folder(home, uid)),
        images=environment.path("APRANOVA_IMAGES_DIR", home / "images"),
        host=environment.text("APRANOVA_HOST", "0.0.0.0" if tls.served_here else "127.0.0.1"),  # noqa: S104
        port=port,
        domain=domain,
        workspaces_domain=workspaces_domain,
        tls=tls,
        certificate=_certificate(environment, tls, issuing),
        issuing=issuing,
        dns_address=environment.text("APRANOVA_DNS_ADDRESS", ""),
        dns_port=environment.whole("APRANOVA_DNS_PORT", 53, 1, 65535),
        redirect_port=environment.whole("APRANOVA_REDIRECT_PORT", 80, 0, 65535) if tls.served_here else 0,
        trusted_hops=environment.whole("APRANOVA_TRUSTED_HOPS", 1, 1, 8) if tls is Tls.PROXY else 0,
        admin_email=environment.text("APRANOVA_ADMIN_EMAIL", ""),
        email_bounces=environment.text("APRANOVA_EMAIL_BOUNCES", ""),
        email_url=environment.text("APRANOVA_EMAIL_URL", ""),
        sign_in=read_sign_in(variables),
        sandbox_uid=None if sandbox_uid == -1 else sandbox_uid,
        database_url=environment.text("DATABASE_URL", ""),
        redis_url=environment.text("REDIS_URL", ""),
        kinds=environment.kinds("APRANOVA_KINDS"),
        unisolated=environment.flag("APRANOVA_UNISOLATED"),
        help_visits=environment.choice("APRANOVA_HELP_VISITS", tuple(HelpVisits), HelpVisits.WHEN_CALLED),
        help_history=environment.flag("APRANOVA_HELP_HISTORY"),
        share_with_anyone=environment.flag("APRANOVA_SHARE_WITH_ANYONE"),
        school_name=environment.text("APRANOVA_SCHOOL_NAME", "Demo School"),
        snapshots=environment.path("APRANOVA_SNAPSHOTS_DIR", home / "snapshots"),
        restic=environment.path("APRANOVA_RESTIC", home / "tools" / "restic"),
        service=service,
        settings_file=environment.path("APRANOVA_SETTINGS") if "APRANOVA_SETTINGS" in environment else None,
        backup=read_backup_settings(environment, home),
        metrics_port=environment.whole("APRANOVA_METRICS_PORT", METRICS_PORT if service else 0, 0, 65535),
        network=read_network(environment),
    )


def _check_tls(tls: Tls, domain: str) -> None:
    if domain and tls is Tls.OFF:
        raise BadSetting(
            f"APRANOVA_DOMAIN is {domain}, but TLS is off: passwords would travel in the clear, and VS Code does not "
            "work in a browser without HTTPS. Set APRANOVA_TLS to acme (ApraNova gets a certificate), dns (so too, by "
            "your DNS provider), files (you have a certificate) or proxy (a web server in front has one)"
        )
    if tls is not Tls.OFF and not domain:
        raise BadSetting(
            f"APRANOVA_TLS is {tls}, so APRANOVA_DOMAIN must name the school's host, as in learn.school.example"
        )


def _domain(environment: Environment, name: str, default: str) -> str:
    domain = environment.text(name, default).lower()
    if domain and not _HOST_NAME.fullmatch(domain):
        raise environment.refused(name, "a host name without scheme and port, as in learn.school.example")
    return domain


def _workspaces_domain(environment: Environment, domain: str) -> str:
    """Beside the portal's host, never above it, or the portal's cookies would reach workspaces."""
    name = "APRANOVA_WORKSPACES_DOMAIN"
    found = _domain(environment, name, f"ws-{domain}" if domain else "ws.localhost")
    if domain and (domain == found or domain.endswith(f".{found}")):
        raise environment.refused(name, f"a domain that does not contain the portal's host ({domain})")
    return found


def _issuing(variables: Mapping[str, str], tls: Tls, home: Path, hosts: tuple[str, str]) -> IssuingSettings | None:
    if not tls.obtained:
        return None
    ours = {"APRANOVA_CERTIFICATES_DIR": str(home / "certificates"), "APRANOVA_CERTIFIED_HOSTS": " ".join(hosts)}
    found = read_issuing_settings({**variables, **ours})
    if bool(found.hook) != (tls is Tls.DNS):
        raise BadSetting(
            "APRANOVA_TLS_HOOK is not set; with TLS by dns it is the command that sets a TXT record at your provider"
            if tls is Tls.DNS
            else "APRANOVA_TLS_HOOK is only for TLS by dns; with acme, ApraNova answers by itself"
        )
    return found


def _certificate(environment: Environment, tls: Tls, issuing: IssuingSettings | None) -> CertificateFiles | None:
    if issuing is not None:
        store = Store(issuing.folder)
        return CertificateFiles(store.chain, store.key)
    if tls is not Tls.FILES:
        return None
    names = "APRANOVA_TLS_CERTIFICATE", "APRANOVA_TLS_KEY"
    for name in names:
        if name not in environment:
            raise BadSetting(f"{name} is not set; with TLS from files it is the path of a PEM file")
    chain, key = (environment.path(name) for name in names)
    return CertificateFiles(chain, key)
