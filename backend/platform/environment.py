"""The backend's environment, parsed once into a frozen value. A bad value is one clear line."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from backend.platform.identity_key import BadKey, read_private_key
from contract.environment import BadSetting
from contract.environment import Environment as Reader
from contract.names import MANAGER_FUNCTION, HelpVisits
from contract.network import Network, read_network
from contract.sign_in import SignIn, read_sign_in

# Commands that look at the code alone; they run without a database, Redis, manager or secret.
OFFLINE_COMMANDS = frozenset({"export_openapi", "makemigrations", "collectstatic", "help", "version"})

ISOLATION_KINDS = ("bubblewrap", "none", "ecs")


@dataclass(frozen=True)
class Database:
    name: str
    user: str
    password: str = field(repr=False)
    host: str
    port: str


@dataclass(frozen=True)
class Email:
    """Where mail goes. Without a host it goes to the log: one machine has no SMTP server."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False
    sender: str = ""


@dataclass(frozen=True)
class Mailbox:
    """An IMAP folder that is read and never changed."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    use_tls: bool
    """STARTTLS."""
    use_ssl: bool

    @property
    def address(self) -> str:
        """Which mailbox it is, without the password; at most 400 characters."""
        return f"{self.user} at {self.host}:{self.port}/{self.folder}"[:400]


@dataclass(frozen=True)
class Environment:
    public_url: str
    """Scheme and host (with port) under which people see the portal; no slash at the end."""
    workspaces_domain: str
    """Domain (with port) of which every workspace is a subdomain."""
    isolation: str
    school_name: str
    database: Database
    redis_url: str
    redis_token: str = field(repr=False)
    """Redis' password; empty: none, as on one machine, where only we reach its socket."""
    redis_cluster: bool
    """It is a cluster (ElastiCache in cluster mode), and `redis_url` one address of it."""
    manager_endpoint: str
    manager_function: str
    """Its name; on AWS the ARN of the alias whose instances are ready before a class."""
    aws_access_key_id: str
    aws_secret_access_key: str = field(repr=False)
    aws_region: str
    secret_key: str = field(repr=False)
    identity_private_key: Ed25519PrivateKey = field(repr=False)
    """Signs identity tokens; workspaces have the public half."""
    static_dir: str
    """Folder of collected static files; empty: they are served from their packages."""
    email: Email
    sign_in: SignIn = field(default_factory=SignIn)
    """The school's own sign-in, in place of passwords or next to them."""
    help_visits: HelpVisits = HelpVisits.WHEN_CALLED
    """When instructors may open their students' workspaces."""
    help_history: bool = False
    """Instructors see the history of their students' files."""
    erase_grace_days: int = 14
    """How long an erasure of a person can be taken back."""
    price_per_gb_hour: float = 0.0
    """Dollars for an hour of a workspace, for each gigabyte of its memory; 0: there is no price."""
    share_with_anyone: bool = False
    """Students may share an app with anyone who has the link."""
    feeds_from_loopback: bool = False
    """Timetables may follow addresses of this machine, without TLS: only in tests."""
    network: Network = field(default_factory=Network)
    """The way to calendars. The school's sign-in reads https_proxy and its like."""
    backup_record: Path | None = None
    """What the backups of the school came to; None: none are made here."""
    doctor_record: Path | None = None
    """What the doctor last found; None: nobody asks one here."""
    bounces: Mailbox | None = None
    """Where mails come back that could not be delivered; None: nobody reads it."""
    shared_dir: Path | None = None
    """With the shared data of cohorts, on a disk that workspaces can mount; None: there is none."""
    shared_bytes_max: int = 10_000_000_000
    """Of one cohort, all versions together."""
    disk_reserve_bytes: int = 5_000_000_000
    """As the manager's: below it, workspaces are stopped."""
    database_secret: str = ""
    """On AWS, the secret that always has the database's password; empty elsewhere."""
    manager_parameters: str = ""
    """On AWS, the manager's path in Parameter Store; empty elsewhere."""
    homes_mount: Path | None = None
    """On AWS, where all homes at rest are mounted, to read only; None: the manager reads them."""

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def isolated(self) -> bool:
        return self.isolation != "none"


def offline(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with values for the `OFFLINE_COMMANDS`, which reach nothing."""
    return {
        "DATABASE_URL": "postgresql:///offline?host=/nonexistent",
        "REDIS_URL": "unix:///nonexistent/redis.sock?db=0",
        "APRANOVA_MANAGER_ENDPOINT": "http://127.0.0.1:9",
        "APRANOVA_SECRET_KEY": secrets.token_hex(32),
        "APRANOVA_IDENTITY_PRIVATE_KEY": secrets.token_urlsafe(32),
        **environ,
    }


def parse(variables: Mapping[str, str]) -> Environment:
    """Read every variable of the backend. Raises BadSetting."""
    environment = Reader(variables)
    return Environment(
        public_url=environment.web_origin("APRANOVA_PUBLIC_URL", "http://localhost:8080"),
        workspaces_domain=environment.text("APRANOVA_WORKSPACES_DOMAIN", "ws.localhost:8080"),
        isolation=environment.choice("APRANOVA_ISOLATION", ISOLATION_KINDS, "bubblewrap"),
        school_name=environment.text("APRANOVA_SCHOOL_NAME", "ApraNova"),
        database=_database(environment.text("DATABASE_URL")),
        redis_url=environment.url("REDIS_URL", ("unix", "redis", "rediss")),
        redis_token=environment.text("APRANOVA_REDIS_TOKEN", ""),
        redis_cluster=environment.flag("APRANOVA_REDIS_CLUSTER"),
        manager_endpoint=environment.web_origin("APRANOVA_MANAGER_ENDPOINT"),
        manager_function=environment.text("APRANOVA_MANAGER_FUNCTION", MANAGER_FUNCTION),
        aws_access_key_id=environment.text("AWS_ACCESS_KEY_ID", ""),
        aws_secret_access_key=environment.text("AWS_SECRET_ACCESS_KEY", ""),
        aws_region=environment.text("AWS_REGION", "us-east-1"),
        secret_key=_secret_key(environment.text("APRANOVA_SECRET_KEY")),
        identity_private_key=_identity_key(environment.text("APRANOVA_IDENTITY_PRIVATE_KEY")),
        static_dir=environment.text("APRANOVA_STATIC_DIR", ""),
        email=_email(environment.text("APRANOVA_EMAIL_URL", ""), environment.text("APRANOVA_EMAIL_FROM", "")),
        bounces=_bounces(environment.text("APRANOVA_EMAIL_BOUNCES", "")),
        sign_in=read_sign_in(variables),
        help_visits=environment.choice("APRANOVA_HELP_VISITS", tuple(HelpVisits), HelpVisits.WHEN_CALLED),
        help_history=environment.flag("APRANOVA_HELP_HISTORY"),
        erase_grace_days=environment.whole("APRANOVA_ERASE_GRACE_DAYS", 14, 0, 365),
        price_per_gb_hour=environment.number("APRANOVA_PRICE_PER_GB_HOUR", 0.0, 0.0, 1000.0),
        share_with_anyone=environment.flag("APRANOVA_SHARE_WITH_ANYONE"),
        feeds_from_loopback=environment.flag("APRANOVA_FEEDS_FROM_LOOPBACK"),
        network=read_network(environment),
        backup_record=environment.path("APRANOVA_BACKUP_RECORD") if "APRANOVA_BACKUP_RECORD" in environment else None,
        doctor_record=environment.path("APRANOVA_DOCTOR_RECORD") if "APRANOVA_DOCTOR_RECORD" in environment else None,
        shared_dir=environment.path("APRANOVA_SHARED_DIR") if "APRANOVA_SHARED_DIR" in environment else None,
        shared_bytes_max=int(1e9 * environment.number("APRANOVA_SHARED_LIMIT_GB", 10.0, 0.0, 100_000.0)),
        disk_reserve_bytes=int(1e9 * environment.number("APRANOVA_DISK_RESERVE_GB", 5.0, 0.0, 1_000_000.0)),
        database_secret=environment.text("APRANOVA_DATABASE_SECRET", ""),
        manager_parameters=environment.text("APRANOVA_PARAMETERS", ""),
        homes_mount=environment.path("APRANOVA_HOMES_MOUNT") if "APRANOVA_HOMES_MOUNT" in environment else None,
    )


def _identity_key(value: str) -> Ed25519PrivateKey:
    try:
        return read_private_key(value)
    except BadKey as error:
        raise BadSetting(f"APRANOVA_IDENTITY_PRIVATE_KEY: {error}") from None


def _secret_key(value: str) -> str:
    if len(value) < 32:
        raise BadSetting("APRANOVA_SECRET_KEY is shorter than 32 characters; make one with: openssl rand -hex 32")
    return value


def _database(url: str) -> Database:
    try:
        values = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise BadSetting(f"DATABASE_URL is not a PostgreSQL URL: {str(error).strip()}") from None
    name = str(values.get("dbname") or "")
    if not name:
        raise BadSetting("DATABASE_URL names no database, as in postgresql:///apranova?host=/run/postgresql")
    return Database(
        name=name,
        user=str(values.get("user") or ""),
        password=str(values.get("password") or ""),
        host=str(values.get("host") or ""),
        port=str(values.get("port") or ""),
    )


def _mail_url(name: str, url: str) -> tuple[SplitResult, int | None, bool]:
    """Its parts, its port and whether it asks for `tls=true` (STARTTLS). Raises BadSetting, without
    Python's words: they quote a password that has an unescaped `/` or `#`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadSetting(
            f"{name} is not a URL: in user and password write / as %2F, # as %23, ? as %3F and @ as %40"
        ) from None
    use_tls = parse_qs(parts.query).get("tls", ["false"])[0].lower() in ("1", "true", "yes")
    if use_tls and parts.scheme.endswith("s"):
        raise BadSetting(f"{name} asks for {parts.scheme}:// and tls=true; they exclude each other")
    return parts, port, use_tls


def _email(url: str, sender: str) -> Email:
    """`smtp://user:password@host:587?tls=true` or `smtps://…`. Empty or `console:`: to the log."""
    if not url or url.startswith("console:"):
        return Email(sender=sender)
    parts, port, use_tls = _mail_url("APRANOVA_EMAIL_URL", url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise BadSetting("APRANOVA_EMAIL_URL must be empty, console: or smtp(s)://user:password@host:port")
    return Email(
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 587 if use_tls else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=use_tls,
        use_ssl=parts.scheme == "smtps",
        sender=sender,
    )


def _bounces(url: str) -> Mailbox | None:
    """`imaps://user:password@host/folder` or `imap://…?tls=true`. Empty or `none:`: nowhere."""
    name = "APRANOVA_EMAIL_BOUNCES"
    if url in ("", "none:"):
        return None
    parts, port, use_tls = _mail_url(name, url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if parts.scheme not in ("imap", "imaps") or not (parts.hostname and user and password):
        raise BadSetting(f"{name} must be empty or imaps://user:password@host/folder")
    if not all(it.isascii() and it.isprintable() for it in (user, password, folder)):
        raise BadSetting(f"{name}: user, password and folder may have ASCII characters only")
    return Mailbox(
        host=parts.hostname,
        port=port or (993 if parts.scheme == "imaps" else 143),
        user=user,
        password=password,
        folder=folder,
        use_tls=use_tls,
        use_ssl=parts.scheme == "imaps",
    )
