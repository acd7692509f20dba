"""How each setting of a school on one machine (school.toml) reaches AWS.

docs/guides/settings-on-aws.md shows this table, and tests compare the two. They fail for a setting
of one machine that is not in it, and for a way that leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never


class Reaches(StrEnum):
    BACKEND = "the backend"
    MANAGER = "the manager"
    WORKSPACES = "workspaces"
    IMAGE = "the image of VS Code workspaces"
    PLATFORM = "resources of AWS"


@dataclass(frozen=True)
class Key:
    """A key of the settings file of AWS; empty: called the same there."""

    reaches: Reaches
    name: str = ""


@dataclass(frozen=True)
class Parameter:
    """In Parameter Store, below the manager's path."""

    name: str


@dataclass(frozen=True)
class Secret:
    """In Secrets Manager; `part`: a text in its JSON object."""

    name: str
    part: str = ""


@dataclass(frozen=True)
class Without:
    """What AWS has in its place, or why it cannot be set there."""

    why: str


Way = Key | Parameter | Secret | Without

_CERTIFICATES = Without("AWS Certificate Manager gets the certificates")
_ENTRANCE = Without("CloudFront and the load balancer listen")
_BACKUPS = Without("`database.backup_days`, and backups of EFS each day; snapshots of homes are in S3")
_NO_HISTORY = Without("AWS keeps no history of files between snapshots")
_NO_DISK = Without("EFS grows; nobody shares a disk")
_NO_PROXY = Without("everything leaves through the NAT gateways")
_OWN_SERVICES = Without("RDS, ElastiCache, EFS, S3 and ECR of this installation")

WAYS: MappingProxyType[str, Way] = MappingProxyType(
    {
        "school.name": Key(Reaches.BACKEND, "school.title"),
        "school.domain": Key(Reaches.PLATFORM),
        "school.workspaces_domain": Without("`ws.` before `school.domain`"),
        "school.admin_email": Key(Reaches.BACKEND),
        "school.time_zone": Key(Reaches.MANAGER),
        "school.kinds": Key(Reaches.MANAGER, "workspaces.kinds"),
        "school.extensions": Key(Reaches.IMAGE),
        "school.node_versions": Key(Reaches.IMAGE),
        "github.client_id": Key(Reaches.WORKSPACES),
        "github.url": Key(Reaches.WORKSPACES),
        "github.client_secret": Secret("sign-in", "github"),
        "costs.price_per_gb_hour": Key(Reaches.BACKEND, "workspaces.price_per_gb_hour"),
        "people.erase_grace_days": Key(Reaches.BACKEND, "school.erase_grace_days"),
        "help.visits": Key(Reaches.BACKEND, "school.help_visits"),
        "help.history": _NO_HISTORY,
        "sharing.anyone": Key(Reaches.BACKEND, "school.share_with_anyone"),
        **dict.fromkeys(("listen.address", "listen.port", "listen.redirect_port", "tls.trusted_hops"), _ENTRANCE),
        **dict.fromkeys(
            (
                *("tls.mode", "tls.certificate", "tls.key", "tls.directory", "tls.staging_directory"),
                *("tls.directory_ca", "tls.profile", "tls.eab_key_id", "tls.eab_hmac_key", "tls.dns_address"),
                *("tls.dns_port", "tls.hook", "tls.hook_wait_s"),
            ),
            _CERTIFICATES,
        ),
        "email.url": Secret("email-url"),
        "email.bounces": Secret("email-bounces"),
        "email.from": Key(Reaches.BACKEND, "school.email_from"),
        "sign_in.passwords": Key(Reaches.BACKEND),
        "sign_in.groups_claim": Key(Reaches.BACKEND),
        "sign_in.instructor_group": Key(Reaches.BACKEND),
        "openid.issuer": Key(Reaches.BACKEND),
        "openid.name": Key(Reaches.BACKEND),
        "openid.client_id": Key(Reaches.BACKEND),
        "openid.client_secret": Secret("sign-in", "openid"),
        "openid.verified_domains": Key(Reaches.BACKEND),
        "google.client_id": Key(Reaches.BACKEND),
        "google.client_secret": Secret("sign-in", "google"),
        "microsoft.tenant": Key(Reaches.BACKEND),
        "microsoft.client_id": Key(Reaches.BACKEND),
        "microsoft.client_secret": Secret("sign-in", "microsoft"),
        "microsoft.verified_domains": Key(Reaches.BACKEND),
        "saml.metadata": Key(Reaches.BACKEND),
        "saml.name": Key(Reaches.BACKEND),
        "saml.verified_domains": Key(Reaches.BACKEND),
        "saml.issuer": Key(Reaches.BACKEND),
        "saml.entity_id": Key(Reaches.BACKEND),
        "saml.id_attribute": Key(Reaches.BACKEND),
        "saml.email_attribute": Key(Reaches.BACKEND),
        "saml.name_attribute": Key(Reaches.BACKEND),
        "lti.issuer": Key(Reaches.BACKEND),
        "lti.name": Key(Reaches.BACKEND),
        "lti.client_id": Key(Reaches.BACKEND),
        "lti.deployment_ids": Key(Reaches.BACKEND),
        "lti.login_url": Key(Reaches.BACKEND),
        "lti.token_url": Key(Reaches.BACKEND),
        "lti.keys_url": Key(Reaches.BACKEND),
        "lti.verified_domains": Key(Reaches.BACKEND),
        "lti.teachers": Key(Reaches.BACKEND),
        "sessions.idle_timeout_s": Key(Reaches.MANAGER, "workspaces.idle_timeout_s"),
        "sessions.idle_warning_s": Parameter("idle-warning-s"),
        "sessions.session_max_s": Parameter("session-max-s"),
        "sessions.keep_running_max_s": Parameter("keep-running-max-s"),
        "sessions.busy_max_s": Parameter("busy-max-s"),
        "sessions.delete_grace_s": Parameter("delete-grace-s"),
        "sessions.history_every_s": _NO_HISTORY,
        "sessions.sweep_interval_s": Key(Reaches.PLATFORM, "workspaces.sweep_minutes"),
        "pool.sizes": Key(Reaches.MANAGER, "workspaces.pool"),
        "pool.policy": Parameter("pool-policy"),
        "pool.cold_start_worth_h": Parameter("cold-start-worth-h"),
        "pool.start_lead_s": Parameter("start-lead-s"),
        "pool.warming_max": Parameter("warming-max"),
        "pool.spare_part": Without("warm tasks take no memory from others there"),
        "limits.memory_gb": Without("`account.fargate_vcpu_quota` limits how many run"),
        "limits.sizes": Parameter("sizes"),
        "limits.default_size": Parameter("default-size"),
        "limits.home_gb": Parameter("home-limit-gb"),
        "limits.home_files_max": Parameter("home-files-max"),
        "limits.home_grace_s": _NO_DISK,
        "limits.disk_reserve_gb": _NO_DISK,
        "limits.shared_gb": Without("AWS has no shared folder of a cohort"),
        "limits.egress_ports": Key(Reaches.PLATFORM, "network.egress_ports"),
        "network.proxy": _NO_PROXY,
        "network.no_proxy": _NO_PROXY,
        "network.npm_registry": Key(Reaches.WORKSPACES),
        "network.pip_index": Key(Reaches.WORKSPACES),
        "network.extensions_gallery": Key(Reaches.WORKSPACES),
        "network.authority": Without("images trust the public authorities; a mirror needs a certificate of one"),
        **dict.fromkeys(
            (
                *("backup.target", "backup.password_file", "backup.hour", "backup.keep", "backup.access_key_id"),
                "backup.secret_access_key",
            ),
            _BACKUPS,
        ),
        "metrics.port": Without("CloudWatch has the metrics"),
        **dict.fromkeys(
            (
                *("data.folder", "data.images", "data.sockets", "data.snapshots", "data.restic"),
                *("data.database_url", "data.redis_url"),
            ),
            _OWN_SERVICES,
        ),
    }
)
"""Key of school.toml → its way."""


def rows() -> list[str]:
    """The guide's table in Markdown. Keys in a row have the same way."""
    shared: dict[str, list[str]] = {}
    for key, way in WAYS.items():
        shared.setdefault(_words(way), []).append(f"`{key}`")
    return [f"| {', '.join(keys)} | {words} |" for words, keys in shared.items()]


def on_aws(key: str) -> str:
    """What to do with a key of school.toml that the settings file does not know, in words."""
    match WAYS[key]:
        case Key(_, name):
            return f"on AWS it is {name}"
        case Without(why):
            return f"on AWS there is no such setting: {why}"
        case Parameter() | Secret() as way:
            return f"on AWS it is {_words(way)}"
        case way:
            assert_never(way)


def _words(way: Way) -> str:
    match way:
        case Key(reaches, name):
            return f"{f'`{name}`' if name else 'the same key'}; reaches {reaches}"
        case Parameter(name):
            return f"the parameter `/apranova/manager/{name}`"
        case Secret(name, part):
            return f"the secret `/apranova/{name}`{f', its text `{part}`' if part else ''}"
        case Without(why):
            return f"– {why}"
        case _:
            assert_never(way)
