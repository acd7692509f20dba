"""Everything that differs between two installations, as frozen dataclasses. What they refuse is refused before synthesis.

A value is checked where it is declared, what concerns two of them in `Settings`. `settings_file` reads them from TOML.
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import botocore.session

from contract.names import WorkspaceKind
from infrastructure.schedules import BadSchedule, check_schedule

Arch = Literal["x86", "arm"]
ZONES = 3

# Connections that RDS allows by default are a function of memory; we set them, so that an alarm can stand at 80 % of them.
DATABASE_CONNECTIONS = {
    "db.t3.medium": 400,
    "db.t4g.medium": 400,
    "db.r5.large": 1600,
    "db.r5.xlarge": 3200,
    "db.r6g.large": 1600,
}
CACHE_NODES = (
    "cache.t3.micro",
    "cache.t3.small",
    "cache.t3.medium",
    "cache.t4g.micro",
    "cache.r5.large",
    "cache.r6g.large",
)
FARGATE_MEMORY_MB = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
}
"""CPU units → memory that Fargate offers with them. 1024 units are one vCPU."""

_HOST = re.compile(r"^(?=.{1,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")


class BadSettings(ValueError):
    """The text names the setting, what it is and what is expected."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise BadSettings(message)


def _match(name: str, value: str, pattern: str, expected: str) -> None:
    _require(re.fullmatch(pattern, value) is not None, f"{name}: {expected} is expected, not {value!r}")


def _between(name: str, value: float, least: float, most: float) -> None:
    _require(least <= value <= most, f"{name}: {least:,g} to {most:,g} is expected, not {value:,g}")


@dataclass(frozen=True)
class Account:
    id: str
    region: str
    fargate_vcpu_quota: int
    """Fargate On-Demand vCPUs of this account in this region (Service Quotas, code L-3032A538)."""
    fargate_spot_vcpu_quota: int = 0
    """The same for Spot (L-36FBB829)."""

    def __post_init__(self) -> None:
        _match("account.id", self.id, r"\d{12}", "an account's twelve digits")
        regions = botocore.session.Session().get_available_regions("ecs")
        _require(self.region in regions, f"account.region: AWS has no region {self.region!r}; us-east-1 is one")
        _between("account.fargate_vcpu_quota", self.fargate_vcpu_quota, 1, 1_000_000)
        _between("account.fargate_spot_vcpu_quota", self.fargate_spot_vcpu_quota, 0, 1_000_000)


@dataclass(frozen=True)
class School:
    title: str
    domain: str
    """The portal's host, and the name of a Route 53 zone."""
    hosted_zone_id: str
    time_zone: str
    operators_email: str
    """Gets alarms and budget warnings."""

    def __post_init__(self) -> None:
        _match("school.title", self.title, r"[^\x00-\x1f]{1,100}", "a name of at most 100 characters")
        _require(_HOST.match(self.domain) is not None, f"school.domain: a host name is expected, not {self.domain!r}")
        _match("school.hosted_zone_id", self.hosted_zone_id, r"Z[A-Z0-9]{5,31}", "the id of a Route 53 zone, Z…,")
        _match("school.operators_email", self.operators_email, r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")
        try:
            zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise BadSettings(
                f"school.time_zone: a name like Europe/Vienna is expected, not {self.time_zone!r}"
            ) from None

    @property
    def url(self) -> str:
        return f"https://{self.domain}"

    @property
    def workspaces_domain(self) -> str:
        """Each workspace has a host below it. Cookies of the portal are host-only, so none reaches a workspace."""
        return f"ws.{self.domain}"

    @property
    def origin_domain(self) -> str:
        """The load balancer's own name, for CloudFront alone."""
        return f"origin.{self.domain}"


@dataclass(frozen=True)
class Network:
    zones: tuple[str, ...]
    vpc_cidr: str = "10.0.0.0/16"
    public_cidrs: tuple[str, ...] = ("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")
    private_cidrs: tuple[str, ...] = ("10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20")
    """Each task takes an address: 4,091 in a /20."""
    foreign_cidrs: tuple[str, ...] = ()
    """Networks that will be connected with this one (an office, another VPC), and so must not overlap it."""
    nat_gateways: int = 3
    """3: a zone's failure stops no other zone's way out. 1: cheaper by two gateways."""

    def __post_init__(self) -> None:
        _require(
            len(set(self.zones)) == ZONES == len(self.zones),
            f"network.zones: {ZONES} different zones are expected, not {', '.join(self.zones) or 'none'}",
        )
        _require(self.nat_gateways in (1, ZONES), f"network.nat_gateways: 1 or 3 is expected, not {self.nat_gateways}")
        for name in ("public_cidrs", "private_cidrs"):
            _require(
                len(getattr(self, name)) == ZONES, f"network.{name}: one for each of the {ZONES} zones is expected"
            )
        self._check_addresses()

    def _check_addresses(self) -> None:
        whole = _network("network.vpc_cidr", self.vpc_cidr)
        _require(16 <= whole.prefixlen <= 24, f"network.vpc_cidr: a /16 to /24 is expected, not {self.vpc_cidr}")
        parts = [_network("network.public_cidrs", cidr) for cidr in self.public_cidrs]
        parts += [_network("network.private_cidrs", cidr) for cidr in self.private_cidrs]
        for part in parts:
            _require(part.subnet_of(whole), f"network: subnet {part} is not inside vpc_cidr {whole}")
            _require(part.prefixlen <= 28, f"network: subnet {part} is smaller than AWS allows (/28)")
        for one, other in combinations(parts, 2):
            _require(not one.overlaps(other), f"network: subnets {one} and {other} overlap")
        for cidr in self.foreign_cidrs:
            foreign = _network("network.foreign_cidrs", cidr)
            _require(
                not foreign.overlaps(whole),
                f"network: vpc_cidr {whole} overlaps {foreign}, to which it will be connected",
            )


def _network(name: str, text: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as error:
        raise BadSettings(f"{name}: {error}") from None


@dataclass(frozen=True)
class TaskSize:
    cpu: int
    """In units; 1024 are one vCPU."""
    memory_mb: int

    def __post_init__(self) -> None:
        _require(
            self.memory_mb in FARGATE_MEMORY_MB.get(self.cpu, ()),
            f"Fargate has no task of {self.cpu} CPU units with {self.memory_mb} MB of memory "
            f"(1024 units go with 2048 to 8192 MB)",
        )

    @property
    def vcpus(self) -> float:
        return self.cpu / 1024


@dataclass(frozen=True)
class Service:
    """An ECS service; the numbers of tasks are the document's unless said otherwise."""

    size: TaskSize
    tasks_min: int
    tasks_max: int

    def __post_init__(self) -> None:
        _between("tasks_min", self.tasks_min, 1, 100)
        _between("tasks_max", self.tasks_max, self.tasks_min, 100)


@dataclass(frozen=True)
class Database:
    instance_class: str = "db.t3.medium"
    storage_gb: int = 20
    storage_max_gb: int = 100
    """RDS grows the disk by itself up to here."""
    multi_az: bool = True
    backup_days: int = 14
    backup_window: str = "02:00-03:00"
    maintenance_window: str = "sun:03:30-sun:04:30"
    """Both in UTC, as RDS has them."""
    secret_arn: str = ""
    """After a restore: RDS' secret of the restored instance, which the stack does not know. Empty: that of the stack's own."""

    def __post_init__(self) -> None:
        _require(
            self.instance_class in DATABASE_CONNECTIONS,
            f"database.instance_class: one of {', '.join(DATABASE_CONNECTIONS)} is expected, not {self.instance_class!r}",
        )
        _between("database.storage_gb", self.storage_gb, 20, 65_536)
        _between("database.storage_max_gb", self.storage_max_gb, self.storage_gb * 1.1, 65_536)
        _between("database.backup_days", self.backup_days, 1, 35)
        clock = r"([01]\d|2[0-3]):[0-5]\d"
        day = r"(mon|tue|wed|thu|fri|sat|sun)"
        _match("database.backup_window", self.backup_window, f"{clock}-{clock}", "02:00-03:00 (UTC)")
        _match(
            "database.maintenance_window",
            self.maintenance_window,
            f"{day}:{clock}-{day}:{clock}",
            "sun:03:30-sun:04:30",
        )
        if self.secret_arn:
            _match(
                "database.secret_arn",
                self.secret_arn,
                r"arn:[\w-]+:secretsmanager:[\w:-]+:secret:rds!db-[\w-]+",
                "an ARN of RDS' own secret",
            )

    @property
    def connections_max(self) -> int:
        return DATABASE_CONNECTIONS[self.instance_class]


@dataclass(frozen=True)
class Cache:
    node_type: str = "cache.t3.micro"
    shards: int = 1
    replicas: int = 1
    """Of each shard; at least one, in another zone."""

    def __post_init__(self) -> None:
        _require(
            self.node_type in CACHE_NODES,
            f"cache.node_type: one of {', '.join(CACHE_NODES)} is expected, not {self.node_type!r}",
        )
        _between("cache.shards", self.shards, 1, 90)
        _between("cache.replicas", self.replicas, 1, 5)


@dataclass(frozen=True)
class Pool:
    """Warm tasks, of all kinds together; the document's numbers."""

    base: int = 3
    peak: int = 5
    off: int = 1
    weekend: int = 2

    def __post_init__(self) -> None:
        for name in ("base", "peak", "off", "weekend"):
            _between(f"workspaces.pool.{name}", getattr(self, name), 0, 100)

    @property
    def largest(self) -> int:
        return max(self.base, self.peak, self.off, self.weekend)


@dataclass(frozen=True)
class Workspaces:
    at_once: int
    """Students expected to work at the same time: checked against the quota. It limits nobody: the quota does."""
    size: TaskSize = TaskSize(1024, 2048)
    arch: Arch = "x86"
    kinds: tuple[WorkspaceKind, ...] = tuple(WorkspaceKind)
    pool: Pool = field(default_factory=Pool)
    spot_percent: int = 0
    """Share of launches on Fargate Spot: cheaper, and AWS may end such a task with two minutes' notice."""
    idle_timeout_s: int = 1800
    sweep: str = "rate(5 minutes)"

    def __post_init__(self) -> None:
        _between("workspaces.at_once", self.at_once, 1, 100_000)
        _between("workspaces.spot_percent", self.spot_percent, 0, 100)
        _between("workspaces.idle_timeout_s", self.idle_timeout_s, 60, 86_400)
        _require(self.arch in ("x86", "arm"), f"workspaces.arch: x86 or arm is expected, not {self.arch!r}")
        _require(bool(self.kinds), "workspaces.kinds: at least one kind is expected")
        try:
            check_schedule(self.sweep)
        except BadSchedule as error:
            raise BadSettings(f"workspaces.sweep: {error}") from None


@dataclass(frozen=True)
class Homes:
    file_systems: int = 1
    """EFS allows 10,000 access points in each, and a home takes one."""
    infrequent_after_days: int = 30

    def __post_init__(self) -> None:
        _between("homes.file_systems", self.file_systems, 1, 100)
        _require(
            self.infrequent_after_days in (1, 7, 14, 30, 60, 90),
            f"homes.infrequent_after_days: EFS knows 1, 7, 14, 30, 60 and 90, not {self.infrequent_after_days}",
        )


@dataclass(frozen=True)
class Watch:
    """What an account has only once, or already has: off when another installation or the organisation brings it."""

    budget_usd: int
    cloudtrail: bool = True
    guardduty: bool = True
    config: bool = True
    requests_per_address: int = 10_000
    """WAF's limit in five minutes; a whole class may sit behind one address, and a page of VS Code is some 40 requests."""

    def __post_init__(self) -> None:
        _between("watch.budget_usd", self.budget_usd, 1, 10_000_000)
        _between("watch.requests_per_address", self.requests_per_address, 100, 2_000_000_000)


@dataclass(frozen=True)
class Settings:
    name: str
    """In front of every name."""
    release: str
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
    manager_concurrency: int | None = None
    """Reserved for the manager's function; none: the account's common pool."""

    def __post_init__(self) -> None:
        _match("name", self.name, r"[a-z][a-z0-9-]{1,18}[a-z0-9]", "3 to 20 small letters, digits and dashes")
        _match("release", self.release, r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", "an image's tag")
        if self.manager_concurrency is not None:
            _between("manager_concurrency", self.manager_concurrency, 1, 1_000)
        for zone in self.network.zones:
            _match("network.zones", zone, f"{re.escape(self.account.region)}[a-f]", f"a zone of {self.account.region}")
        self._check_quotas()

    def _check_quotas(self) -> None:
        services = self.backend.tasks_max * self.backend.size.vcpus + self.portal.tasks_max * self.portal.size.vcpus
        task, quota = self.workspaces.size.vcpus, self.account.fargate_vcpu_quota
        pool = self.workspaces.pool.largest * task
        _require(
            services + pool <= quota,
            f"workspaces.pool: {self.workspaces.pool.largest} warm tasks ({pool:g} vCPUs) and the services at their largest "
            f"({services:g}) are above account.fargate_vcpu_quota, {quota}. Make the pool smaller or have the quota raised.",
        )
        spot = self.workspaces.at_once * task * self.workspaces.spot_percent / 100
        students = self.workspaces.at_once * task - spot
        _require(
            services + pool + students <= quota,
            f"workspaces.at_once: {self.workspaces.at_once} students need {students:g} vCPUs beside pool ({pool:g}) and services "
            f"({services:g}); account.fargate_vcpu_quota is {quota}. Have it raised (Service Quotas, L-3032A538).",
        )
        _require(
            spot <= self.account.fargate_spot_vcpu_quota,
            f"workspaces.spot_percent: {spot:g} vCPUs on Spot are above account.fargate_spot_vcpu_quota, "
            f"{self.account.fargate_spot_vcpu_quota} (Service Quotas, L-36FBB829).",
        )
