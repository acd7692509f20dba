"""Names that programs, operators or other stacks know. CloudFormation chooses all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contract.names import MANAGER_FUNCTION, WorkspaceKind

# ── The manager's table ──────────────────────────────────────────────────────────────────────────
# A record is in a sparse index only while it has the index's attributes: a pass reads what is due.
PARTITION_KEY = "pk"
SORT_KEY = "sk"
EXPIRES_ATTRIBUTE = "expires_at"
"""Seconds since the epoch (a number), after which DynamoDB may remove the record."""


@dataclass(frozen=True)
class Index:
    name: str
    partition_key: str
    sort_key: str
    sort_type: Literal["S", "N"]
    whole_records: bool
    """Else only keys: the reader fetches the records it wants."""


INDEXES = (
    Index("due", "due_queue", "due_at", "N", whole_records=False),
    Index("pool", "pool_queue", "pool_rank", "N", whole_records=True),
    Index("listed", "listed_kind", "listed_order", "S", whole_records=False),
)
"""Due records; warm tasks; everything, for operators (manager/adapters/dynamodb/table.py)."""

# ── Ports: the document's security-group matrix ──────────────────────────────────────────────────
HTTPS_PORT = 443
BACKEND_PORT = 8000
"""Envoy's in the backend's task: the only way in. Django is behind it, on a Unix socket."""
PORTAL_PORT = 3000
DATABASE_PORT = 5432
CACHE_PORT = 6379
HOMES_PORT = 2049
AGENT_PORT = 8080
"""Where the agent of every kind answers. The document also has 8088, on which nothing listens."""

WORKSPACE_INTERNET_PORTS = (22, 80, 443, 9418)
"""What workspaces reach on the internet, as on one machine (APRANOVA_EGRESS_PORTS)."""

EDGE_REGION = "us-east-1"
"""CloudFront takes its certificate and its firewall from there, wherever the rest is."""

# The containers of a backend task
GATEWAY, DJANGO = "gateway", "backend"

# ── Metrics that the alarms watch; manager and backup workers count under these names ────────────
METRICS_NAMESPACE = "ApraNova"
LAUNCH_FAILURES = "launch_failures_total"
LAUNCHES = "launches_total"
SWEEP_SECONDS = "sweep_seconds"
POOL_READY = "pool_ready"
"""Sent only while warm tasks are wanted."""
PREPARE_FAILURES = "prepare_failures_total"
SWEEPS_INCOMPLETE = "sweeps_incomplete_total"
SNAPSHOTS = "snapshots_total"
RESTORES = "restores_total"
ACTIONS = "actions_total"
ORPHAN_ACTION = "StopOrphan"

LIVE_ALIAS = "live"
"""Of the functions that a person waits for. Only an alias can have instances that are ready."""
READY_INSTANCES_MAX = 10
"""Of such a function, before a class: a hundred launches in ten seconds, at most a second each."""

MANAGER_HANDLER = "manager.entrypoints.aws_lambda.handle"
SWEEP_REQUEST = '{"action":"sweep"}'
WAKE_DELAY_S = 2
"""From a pass that asks for the next one until that starts."""
MOVER_HANDLER = "function.handle"
BACKUP_HANDLER = "manager.entrypoints.backup_worker.handle"
BACKUP_RUN = '{"action":"round"}'
HOMES_FOLDER = "/homes"
"""On the file system: homes at rest are folders in it (mover/function.py)."""
HOMES_MOUNT = "/mnt/homes"
"""Where backup worker and backend mount that folder. Lambda mounts only below /mnt."""

RUN_FOLDER = "/run/apranova"
"""A volume for the gateway and Django of one task. Both images prepare it with the same owner."""
BACKEND_HEALTH = ("python3", "-I", "/opt/apranova/probe.py", f"unix:{RUN_FOLDER}/backend.sock", "/_authz")
"""Also the HEALTHCHECK of backend/Dockerfile. It needs no database, Redis or manager: to end
tasks while those are down would not help."""

IMAGES = ("backend", "portal", "gateway", *(f"workspace-{kind.value}" for kind in WorkspaceKind))
"""Container images, each with a repository of its own."""


@dataclass(frozen=True)
class Names:
    """Names that begin with the installation's name, apart from others in the account."""

    name: str

    def of(self, word: str) -> str:
        return f"{self.name}-{word}"

    def path(self, *words: str) -> str:
        """For secrets, parameters and log groups: /apranova/backend/…"""
        return "/".join(("", self.name, *words))

    @property
    def manager(self) -> str:
        """The contract's name, so an account's region has room for one installation."""
        return MANAGER_FUNCTION

    @property
    def backup_worker(self) -> str:
        """As in manager/aws_settings.py."""
        return self.of("backup-worker")

    @property
    def mover(self) -> str:
        """As in manager/aws_settings.py."""
        return self.of("mover")

    @property
    def password_rotation(self) -> str:
        return self.of("password-rotation")

    @property
    def table(self) -> str:
        return self.of("workspaces")

    @property
    def cluster(self) -> str:
        return self.of("cluster")

    @property
    def origin_secret(self) -> str:
        """CloudFront sends it with each request. The load balancer refuses requests without it."""
        return self.path("origin-secret")

    def deploy_bucket(self, account: str, region: str) -> str:
        """Templates, the manager's code and the records of releases; one in each region."""
        return f"{self.name}-deploy-{account}-{region}"

    def repository(self, image: str) -> str:
        return f"{self.name}/{image}"

    def logs(self, word: str) -> str:
        return self.path("logs", word)
