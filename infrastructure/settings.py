"""Everything that differs between two installations. Bad values are refused before synthesis.

A value is checked where it is declared, and what concerns several of them in `__post_init__`.
`settings_file` reads settings from TOML.
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import field
from itertools import combinations
from typing import Annotated, Any, Literal

import botocore.session
from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from contract.environment import BadSetting, Environment
from contract.names import WorkspaceKind
from contract.network import read_network
from contract.sizes import FARGATE_MEMORY_MIB
from infrastructure import sign_in_settings
from infrastructure.names import WORKSPACE_INTERNET_PORTS
from infrastructure.sign_in_settings import STRICT, WITH_SECRET, GitHub, Google, Lti, Microsoft, OpenId, Saml, SignIn

Arch = Literal["x86", "arm"]

FARGATE_HOUR: dict[Arch, tuple[float, float]] = {"x86": (0.04048, 0.004445), "arm": (0.03238, 0.00356)}
"""Dollars for a vCPU and for a GB of memory; a test compares with simulator/costs/prices.toml."""
ZONES = 3

# By default RDS derives the limit from memory. We set it, so that an alarm can fire at 80 % of it.
DATABASE_CONNECTIONS = {
    "db.t3.medium": 400,
    "db.t4g.medium": 400,
    "db.r5.large": 1600,
    "db.r5.xlarge": 3200,
    "db.r6g.large": 1600,
}
CacheNode = Literal[
    "cache.t3.micro", "cache.t3.small", "cache.t3.medium", "cache.t4g.micro", "cache.r5.large", "cache.r6g.large"
]


def _check(good: Callable[[Any], object], expected: str) -> AfterValidator:
    def check(value: Any) -> Any:
        if not good(value):
            raise ValueError(f"{expected} is expected, not {value!r}")
        return value

    return AfterValidator(check)


def _pattern(pattern: str, expected: str) -> AfterValidator:
    return _check(re.compile(pattern).fullmatch, expected)


def _between(least: int, most: int) -> Any:
    return Field(ge=least, le=most)


def _is_time_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_region(name: str) -> bool:
    return name in botocore.session.Session().get_available_regions("ecs")


def _cidr(text: str) -> str:
    ipaddress.IPv4Network(text)  # its ValueError says what is wrong
    return text


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


_HOST = r"(?=.{1,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)"
Cidr = Annotated[str, AfterValidator(_cidr)]
OneForEachZone = _check(lambda values: len(set(values)) == ZONES == len(values), f"a list of {ZONES} different values")


@dataclass(frozen=True, config=STRICT)
class Account:
    id: Annotated[str, _pattern(r"\d{12}", "an account's twelve digits")]
    region: Annotated[str, _check(_is_region, "a region of AWS, such as us-east-1,")]
    fargate_vcpu_quota: Annotated[int, _between(1, 1_000_000)]
    """Fargate On-Demand vCPUs of this account in this region (Service Quotas, code L-3032A538)."""
    fargate_spot_vcpu_quota: Annotated[int, _between(0, 1_000_000)] = 0
    """The same for Spot (L-36FBB829)."""


@dataclass(frozen=True, config=STRICT)
class School:
    title: Annotated[str, _pattern(r"[^\x00-\x1f]{1,100}", "a name of at most 100 characters")]
    domain: Annotated[str, _pattern(_HOST, "a host name")]
    """The portal's host, and the name of a Route 53 zone."""
    hosted_zone_id: Annotated[str, _pattern(r"Z[A-Z0-9]{5,31}", "the id of a Route 53 zone, Z…,")]
    time_zone: Annotated[str, _check(_is_time_zone, "a name like Europe/Vienna")]
    operators_email: Annotated[str, _pattern(_EMAIL, "an e-mail address")]
    """Gets alarms and budget warnings."""
    help_visits: Literal["when-called", "during-class", "always"] = "when-called"
    """When instructors may open their students' workspaces."""
    erase_grace_days: Annotated[int, _between(0, 365)] = 14
    """How long the erasure of a person can be taken back."""
    share_with_anyone: bool = False
    """Students may share an app with anyone who has the link."""
    admin_email: Annotated[str, _pattern(rf"({_EMAIL})?", "an e-mail address")] = ""
    """The one admin who may still sign in by password where `sign_in.passwords` is false."""
    email_from: Annotated[str, _pattern(rf"({_EMAIL})?", "an e-mail address")] = ""
    """Who the portal's mail is from; empty: no-reply at `domain`."""
    node_versions: tuple[str, ...] = ()
    """More of Node.js in each VS Code workspace, beside the image's own."""
    extensions: str = ""
    """A folder with .vsix files that each VS Code workspace has; from the file's own folder on."""
    packages: tuple[str, ...] = ()
    """Folders of projects whose lock files' packages each VS Code workspace has already."""

    @property
    def url(self) -> str:
        return f"https://{self.domain}"

    @property
    def workspaces_domain(self) -> str:
        """Workspaces have hosts below it. The portal's cookies are host-only: none reaches them."""
        return f"ws.{self.domain}"

    @property
    def origin_domain(self) -> str:
        """The load balancer's own name, for CloudFront alone."""
        return f"origin.{self.domain}"


@dataclass(frozen=True, config=STRICT)
class Network:
    zones: Annotated[tuple[str, ...], OneForEachZone]
    vpc_cidr: Cidr = "10.0.0.0/16"
    public_cidrs: Annotated[tuple[Cidr, ...], OneForEachZone] = ("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")
    private_cidrs: Annotated[tuple[Cidr, ...], OneForEachZone] = ("10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20")
    """Each task takes an address: 4,091 in a /20."""
    foreign_cidrs: tuple[Cidr, ...] = ()
    """Networks to be connected with this one (an office, another VPC). They must not overlap."""
    nat_gateways: Literal[1, 3] = 3
    """3: a zone's failure cuts off no other zone. 1: cheaper by two gateways."""
    answer_within_s: Annotated[int, _between(30, 120)] = 60
    """How long CloudFront waits for an answer's first byte, and between two packets. Above 60 the
    account needs a higher quota (CloudFront, "Response timeout per origin")."""
    egress_ports: Annotated[tuple[Annotated[int, _between(1, 65_535)], ...], Field(max_length=50)] = (
        WORKSPACE_INTERNET_PORTS
    )
    """What workspaces reach on the internet."""
    npm_registry: str = ""
    pip_index: str = ""
    extensions_gallery: str = ""
    """Mirrors for students, as on one machine. Their certificates have to be public ones."""

    @property
    def mirrors(self) -> dict[str, str]:
        """Those that are set, as the variables that the manager reads."""
        named = {
            "APRANOVA_NPM_REGISTRY": self.npm_registry,
            "APRANOVA_PIP_INDEX": self.pip_index,
            "APRANOVA_EXTENSIONS_GALLERY": self.extensions_gallery,
        }
        return {variable: value for variable, value in named.items() if value}

    def __post_init__(self) -> None:
        try:
            read_network(Environment(self.mirrors))
        except BadSetting as problem:
            raise ValueError(re.sub(r"APRANOVA_[A-Z_]+", lambda it: it[0][9:].lower(), str(problem))) from None
        whole = ipaddress.IPv4Network(self.vpc_cidr)
        _require(16 <= whole.prefixlen <= 24, f"vpc_cidr: a /16 to /24 is expected, not {whole}")
        parts = [ipaddress.IPv4Network(cidr) for cidr in (*self.public_cidrs, *self.private_cidrs)]
        for part in parts:
            _require(part.subnet_of(whole), f"subnet {part} is not inside vpc_cidr {whole}")
            _require(part.prefixlen <= 28, f"subnet {part} is smaller than AWS allows (/28)")
        for one, other in combinations(parts, 2):
            _require(not one.overlaps(other), f"subnets {one} and {other} overlap")
        for cidr in self.foreign_cidrs:
            overlaps = whole.overlaps(ipaddress.IPv4Network(cidr))
            _require(not overlaps, f"vpc_cidr {whole} overlaps {cidr}, to which it will be connected")


@dataclass(frozen=True, config=STRICT)
class TaskSize:
    cpu: int
    """In units; 1024 are one vCPU."""
    memory_mb: int

    def __post_init__(self) -> None:
        _require(
            self.memory_mb in FARGATE_MEMORY_MIB.get(self.cpu, ()),
            f"Fargate has no task of {self.cpu} CPU units with {self.memory_mb} MB of memory "
            f"(1024 units go with 2048 to 8192 MB)",
        )

    @property
    def vcpus(self) -> float:
        return self.cpu / 1024


@dataclass(frozen=True, config=STRICT)
class Service:
    """An ECS service. The default numbers of tasks are the document's."""

    size: TaskSize
    tasks_min: Annotated[int, _between(1, 100)]
    tasks_max: Annotated[int, _between(1, 100)]

    def __post_init__(self) -> None:
        _require(self.tasks_min <= self.tasks_max, f"tasks_max: at least {self.tasks_min} is expected")


@dataclass(frozen=True, config=STRICT)
class Database:
    instance_class: Annotated[str, _check(DATABASE_CONNECTIONS.get, f"one of {', '.join(DATABASE_CONNECTIONS)}")] = (
        "db.t3.medium"
    )
    storage_gb: Annotated[int, _between(20, 65_536)] = 20
    storage_max_gb: Annotated[int, _between(22, 65_536)] = 100
    """RDS grows the disk by itself up to here."""
    multi_az: bool = True
    backup_days: Annotated[int, _between(1, 35)] = 14
    backup_window: Annotated[str, _pattern(f"{_CLOCK}-{_CLOCK}", "02:00-03:00 (UTC)")] = "02:00-03:00"
    maintenance_window: Annotated[str, _pattern(f"{_DAY}:{_CLOCK}-{_DAY}:{_CLOCK}", "sun:03:30-sun:04:30 (UTC)")] = (
        "sun:03:30-sun:04:30"
    )
    secret_arn: Annotated[
        str, _pattern(r"(arn:[\w-]+:secretsmanager:[\w:-]+:secret:rds!db-[\w-]+)?", "an ARN of RDS' own secret")
    ] = ""
    """After a restore: RDS' secret of the restored instance, which the stack does not know."""

    def __post_init__(self) -> None:
        least = self.storage_gb * 1.1
        _require(self.storage_max_gb >= least, f"storage_max_gb: at least {least:g} is expected")

    @property
    def connections_max(self) -> int:
        return DATABASE_CONNECTIONS[self.instance_class]


@dataclass(frozen=True, config=STRICT)
class Cache:
    node_type: CacheNode = "cache.t3.micro"
    shards: Annotated[int, _between(1, 90)] = 1
    """Each has a replica in another zone."""


@dataclass(frozen=True, config=STRICT)
class Pool:
    """Warm tasks, of all kinds together; the document's numbers."""

    base: Annotated[int, _between(0, 100)] = 3
    peak: Annotated[int, _between(0, 100)] = 5
    off: Annotated[int, _between(0, 100)] = 1
    weekend: Annotated[int, _between(0, 100)] = 2

    @property
    def largest(self) -> int:
        return max(self.base, self.peak, self.off, self.weekend)


@dataclass(frozen=True, config=STRICT)
class Workspaces:
    at_once: Annotated[int, _between(1, 100_000)]
    """How many students will work at once. It is checked against the quota and limits nobody."""
    size: TaskSize = TaskSize(1024, 2048)
    arch: Arch = "x86"
    kinds: Annotated[tuple[WorkspaceKind, ...], Field(min_length=1)] = tuple(WorkspaceKind)
    pool: Pool = field(default_factory=Pool)
    spot_percent: Annotated[int, _between(0, 100)] = 0
    """Share of launches on Fargate Spot: cheaper, but AWS may end them at two minutes' notice."""
    price_per_gb_hour: Annotated[float, _between(0, 1000)] = 0.0
    """Dollars for an hour, for each GB of a workspace's memory, as budgets count; 0: Fargate's."""
    idle_timeout_s: Annotated[int, _between(60, 86_400)] = 1800
    sweep_minutes: Annotated[int, _between(1, 60)] = 5
    """From one scheduled reconcile pass to the next. Events bring more passes in between."""

    @property
    def gb_hour(self) -> float:
        """Dollars for an hour, for each GB of a workspace's memory: the sizes have the same share
        of the CPU for each."""
        vcpu, gb = FARGATE_HOUR[self.arch]
        return self.price_per_gb_hour or vcpu * self.size.vcpus / (self.size.memory_mb / 1024) + gb


@dataclass(frozen=True, config=STRICT)
class Homes:
    infrequent_after_days: Literal[1, 7, 14, 30, 60, 90] = 30


@dataclass(frozen=True, config=STRICT)
class Watch:
    """Turn off what an account can have only once and already has."""

    budget_usd: Annotated[int, _between(1, 10_000_000)]
    cloudtrail: bool = True
    guardduty: bool = True
    config: bool = True
    requests_per_address: Annotated[int, _between(100, 2_000_000_000)] = 50_000
    """WAF's limit in five minutes; of static files, four times as many. A class of 100 may share an
    address, and a student who signs in, starts, reloads and asks for charts takes up to 500."""


@dataclass(frozen=True, config=STRICT)
class Settings:
    name: Annotated[str, _pattern(r"[a-z][a-z0-9-]{1,18}[a-z0-9]", "3 to 20 small letters, digits and dashes")]
    """The beginning of every name."""
    release: Annotated[str, _pattern(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", "an image's tag")]
    """Tag of the container images."""
    account: Account
    school: School
    network: Network
    workspaces: Workspaces
    watch: Watch
    backend: Service = Service(TaskSize(512, 1024), 2, 20)
    portal: Service = Service(TaskSize(512, 1024), 2, 10)
    database: Database = field(default_factory=Database)
    cache: Cache = field(default_factory=Cache)
    homes: Homes = field(default_factory=Homes)
    sign_in: SignIn = field(default_factory=SignIn)
    openid: OpenId | None = None
    google: Google | None = None
    microsoft: Microsoft | None = None
    github: GitHub | None = None
    saml: Saml | None = None
    lti: Lti | None = None
    manager_concurrency: Annotated[int | None, _between(1, 1_000)] = None
    """Reserved for the manager's function; none: it shares the account's."""

    @property
    def providers_with_secret(self) -> tuple[str, ...]:
        """Those at which people sign in and that gave the school a secret."""
        at_github = self.github is not None and self.github.sign_in
        return tuple(name for name in WITH_SECRET if (at_github if name == "github" else getattr(self, name)))

    @property
    def sign_in_variables(self) -> dict[str, str]:
        """What the backend reads, without the secrets."""
        tables = ("sign_in", "openid", "google", "microsoft", "saml", "lti")
        found: dict[str, str] = {}
        for table in (*tables, *(("github",) if "github" in self.providers_with_secret else ())):
            found |= sign_in_settings.variables_of(table, getattr(self, table))
        if self.school.admin_email:
            found["APRANOVA_ADMIN_EMAIL"] = self.school.admin_email
        return found

    @property
    def task_variables(self) -> dict[str, str]:
        """What the manager passes on to each workspace."""
        return {**self.network.mirrors, **sign_in_settings.variables_of("github", self.github)}

    def __post_init__(self) -> None:
        sign_in_settings.check(self.sign_in_variables, self.providers_with_secret)
        region = self.account.region
        for zone in self.network.zones:
            fits = re.fullmatch(f"{re.escape(region)}[a-f]", zone)
            _require(fits is not None, f"network.zones: a zone of {region} is expected, not {zone!r}")
        services = self.backend.tasks_max * self.backend.size.vcpus + self.portal.tasks_max * self.portal.size.vcpus
        task, quota = self.workspaces.size.vcpus, self.account.fargate_vcpu_quota
        pool = self.workspaces.pool.largest * task
        _require(
            services + pool <= quota,
            f"workspaces.pool: {self.workspaces.pool.largest} warm tasks ({pool:g} vCPUs) and the services at their "
            f"largest ({services:g}) are above account.fargate_vcpu_quota, {quota}. Make the pool smaller or have the "
            "quota raised.",
        )
        spot = self.workspaces.at_once * task * self.workspaces.spot_percent / 100
        students = self.workspaces.at_once * task - spot
        _require(
            services + pool + students <= quota,
            f"workspaces.at_once: {self.workspaces.at_once} students need {students:g} vCPUs, the pool {pool:g} and the "
            f"services {services:g}; account.fargate_vcpu_quota is {quota}. Have it raised (Service Quotas, L-3032A538).",
        )
        _require(
            spot <= self.account.fargate_spot_vcpu_quota,
            f"workspaces.spot_percent: {spot:g} vCPUs on Spot are above account.fargate_spot_vcpu_quota, "
            f"{self.account.fargate_spot_vcpu_quota} (Service Quotas, L-36FBB829).",
        )
