"""`school.toml`: the settings of a school in one file. Each key stands for an environment variable.

A variable that is set wins over the file, so that one start can differ without an edit.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path
from types import MappingProxyType
from typing import Any

from contract.environment import BadSetting
from contract.operator_files import BadFile, read_toml

KEYS = MappingProxyType(
    {
        "school.name": "APRANOVA_SCHOOL_NAME",
        "school.domain": "APRANOVA_DOMAIN",
        "school.workspaces_domain": "APRANOVA_WORKSPACES_DOMAIN",
        "school.admin_email": "APRANOVA_ADMIN_EMAIL",
        "school.time_zone": "APRANOVA_TIME_ZONE",
        "school.kinds": "APRANOVA_KINDS",
        "school.extensions": "APRANOVA_EXTENSIONS",
        "school.node_versions": "APRANOVA_NODE_VERSIONS",
        "github.client_id": "APRANOVA_GITHUB_CLIENT_ID",
        "github.url": "APRANOVA_GITHUB_URL",
        "costs.price_per_gb_hour": "APRANOVA_PRICE_PER_GB_HOUR",
        "people.erase_grace_days": "APRANOVA_ERASE_GRACE_DAYS",
        "help.visits": "APRANOVA_HELP_VISITS",
        "help.history": "APRANOVA_HELP_HISTORY",
        "sharing.anyone": "APRANOVA_SHARE_WITH_ANYONE",
        "listen.address": "APRANOVA_HOST",
        "listen.port": "APRANOVA_PORT",
        "listen.redirect_port": "APRANOVA_REDIRECT_PORT",
        "tls.mode": "APRANOVA_TLS",
        "tls.certificate": "APRANOVA_TLS_CERTIFICATE",
        "tls.key": "APRANOVA_TLS_KEY",
        "tls.trusted_hops": "APRANOVA_TRUSTED_HOPS",
        "tls.directory": "APRANOVA_TLS_DIRECTORY",
        "tls.staging_directory": "APRANOVA_TLS_STAGING_DIRECTORY",
        "tls.directory_ca": "APRANOVA_TLS_DIRECTORY_CA",
        "tls.profile": "APRANOVA_TLS_PROFILE",
        "tls.eab_key_id": "APRANOVA_TLS_EAB_KEY_ID",
        "tls.eab_hmac_key": "APRANOVA_TLS_EAB_HMAC_KEY",
        "tls.dns_address": "APRANOVA_DNS_ADDRESS",
        "tls.dns_port": "APRANOVA_DNS_PORT",
        "tls.hook": "APRANOVA_TLS_HOOK",
        "tls.hook_wait_s": "APRANOVA_TLS_HOOK_WAIT_S",
        "email.url": "APRANOVA_EMAIL_URL",
        "email.from": "APRANOVA_EMAIL_FROM",
        "email.bounces": "APRANOVA_EMAIL_BOUNCES",
        "sign_in.passwords": "APRANOVA_SIGN_IN_PASSWORDS",
        "sign_in.groups_claim": "APRANOVA_SIGN_IN_GROUPS_CLAIM",
        "sign_in.instructor_group": "APRANOVA_SIGN_IN_INSTRUCTOR_GROUP",
        "openid.issuer": "APRANOVA_OPENID_ISSUER",
        "openid.name": "APRANOVA_OPENID_NAME",
        "openid.client_id": "APRANOVA_OPENID_CLIENT_ID",
        "openid.client_secret": "APRANOVA_OPENID_CLIENT_SECRET",
        "openid.verified_domains": "APRANOVA_OPENID_VERIFIED_DOMAINS",
        "google.client_id": "APRANOVA_GOOGLE_CLIENT_ID",
        "google.client_secret": "APRANOVA_GOOGLE_CLIENT_SECRET",
        "microsoft.tenant": "APRANOVA_MICROSOFT_TENANT",
        "microsoft.client_id": "APRANOVA_MICROSOFT_CLIENT_ID",
        "microsoft.client_secret": "APRANOVA_MICROSOFT_CLIENT_SECRET",
        "microsoft.verified_domains": "APRANOVA_MICROSOFT_VERIFIED_DOMAINS",
        "github.client_secret": "APRANOVA_GITHUB_CLIENT_SECRET",
        "saml.metadata": "APRANOVA_SAML_METADATA",
        "saml.name": "APRANOVA_SAML_NAME",
        "saml.verified_domains": "APRANOVA_SAML_VERIFIED_DOMAINS",
        "saml.issuer": "APRANOVA_SAML_ISSUER",
        "saml.entity_id": "APRANOVA_SAML_ENTITY_ID",
        "saml.id_attribute": "APRANOVA_SAML_ID_ATTRIBUTE",
        "saml.email_attribute": "APRANOVA_SAML_EMAIL_ATTRIBUTE",
        "saml.name_attribute": "APRANOVA_SAML_NAME_ATTRIBUTE",
        "lti.issuer": "APRANOVA_LTI_ISSUER",
        "lti.name": "APRANOVA_LTI_NAME",
        "lti.client_id": "APRANOVA_LTI_CLIENT_ID",
        "lti.deployment_ids": "APRANOVA_LTI_DEPLOYMENT_IDS",
        "lti.login_url": "APRANOVA_LTI_LOGIN_URL",
        "lti.token_url": "APRANOVA_LTI_TOKEN_URL",
        "lti.keys_url": "APRANOVA_LTI_KEYS_URL",
        "lti.verified_domains": "APRANOVA_LTI_VERIFIED_DOMAINS",
        "lti.teachers": "APRANOVA_LTI_TEACHERS",
        "sessions.idle_timeout_s": "APRANOVA_IDLE_TIMEOUT_S",
        "sessions.idle_warning_s": "APRANOVA_IDLE_WARNING_S",
        "sessions.session_max_s": "APRANOVA_SESSION_MAX_S",
        "sessions.keep_running_max_s": "APRANOVA_KEEP_RUNNING_MAX_S",
        "sessions.busy_max_s": "APRANOVA_BUSY_MAX_S",
        "sessions.delete_grace_s": "APRANOVA_DELETE_GRACE_S",
        "sessions.history_every_s": "APRANOVA_HISTORY_EVERY_S",
        "sessions.sweep_interval_s": "APRANOVA_SWEEP_INTERVAL_S",
        "pool.sizes": "APRANOVA_POOL",
        "pool.policy": "APRANOVA_POOL_POLICY",
        "pool.cold_start_worth_h": "APRANOVA_COLD_START_WORTH_H",
        "pool.start_lead_s": "APRANOVA_START_LEAD_S",
        "pool.warming_max": "APRANOVA_WARMING_MAX",
        "pool.spare_part": "APRANOVA_POOL_SPARE_PART",
        "limits.memory_gb": "APRANOVA_MEMORY_GB",
        "limits.sizes": "APRANOVA_SIZES",
        "limits.default_size": "APRANOVA_DEFAULT_SIZE",
        "limits.home_gb": "APRANOVA_HOME_LIMIT_GB",
        "limits.home_files_max": "APRANOVA_HOME_FILES_MAX",
        "limits.home_grace_s": "APRANOVA_HOME_GRACE_S",
        "limits.disk_reserve_gb": "APRANOVA_DISK_RESERVE_GB",
        "limits.shared_gb": "APRANOVA_SHARED_LIMIT_GB",
        "limits.egress_ports": "APRANOVA_EGRESS_PORTS",
        "network.proxy": "APRANOVA_PROXY",
        "network.no_proxy": "APRANOVA_NO_PROXY",
        "network.npm_registry": "APRANOVA_NPM_REGISTRY",
        "network.pip_index": "APRANOVA_PIP_INDEX",
        "network.extensions_gallery": "APRANOVA_EXTENSIONS_GALLERY",
        "network.authority": "APRANOVA_AUTHORITY",
        "backup.target": "APRANOVA_BACKUP_TARGET",
        "backup.password_file": "APRANOVA_BACKUP_PASSWORD_FILE",
        "backup.hour": "APRANOVA_BACKUP_HOUR",
        "backup.keep": "APRANOVA_BACKUP_KEEP",
        "backup.access_key_id": "APRANOVA_BACKUP_ACCESS_KEY_ID",
        "backup.secret_access_key": "APRANOVA_BACKUP_SECRET_ACCESS_KEY",
        "metrics.port": "APRANOVA_METRICS_PORT",
        "data.folder": "APRANOVA_HOME",
        "data.images": "APRANOVA_IMAGES_DIR",
        "data.sockets": "APRANOVA_RUN_DIR",
        "data.snapshots": "APRANOVA_SNAPSHOTS_DIR",
        "data.restic": "APRANOVA_RESTIC",
        "data.database_url": "DATABASE_URL",
        "data.redis_url": "REDIS_URL",
    }
)
"""What may stand in the file: table.key → environment variable. docs/guides/operator.md says what
each does."""
_REPLACED = {"limits.tasks_max": "limits.memory_gb limits how many workspaces run, by their memory"}
"""Keys of earlier releases → what to write instead."""


def read_school_file(path: Path) -> dict[str, str]:
    """The environment variables that the file sets. Raises BadSetting, which names file and key."""
    try:
        tables = read_toml(path)
    except BadFile as problem:
        raise BadSetting(f"the settings file {problem}") from None
    variables: dict[str, str] = {}
    for table, entries in tables.items():
        if not isinstance(entries, dict):
            raise BadSetting(f"{path}: {table} stands outside a table{_did_you_mean(table)}")
        for name, value in entries.items():
            key = f"{table}.{name}"
            if key not in KEYS:
                raise BadSetting(f"{path}: there is no setting {key}{_did_you_mean(key)}")
            variables[KEYS[key]] = _text(path, key, value)
    return variables


def in_words_of_the_file(problem: BadSetting, path: Path, *, won: Collection[str]) -> BadSetting:
    """The same problem, with the file's key in place of the variable that it stands for. What the
    environment set has `won` over the file and keeps its name."""
    text = str(problem)
    for key, variable in KEYS.items():
        if variable not in won and text.startswith(variable + " "):
            return BadSetting(f"{path}: {key}{text.removeprefix(variable)}")
    return problem


def _text(path: Path, key: str, value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case list() if all(isinstance(part, str | int) for part in value):
            return " ".join(str(part) for part in value)
        case _:
            raise BadSetting(f"{path}: {key} must be a text, a number, true, false or a list of those")


def _did_you_mean(word: str) -> str:
    if word in _REPLACED:
        return f" any more; {_REPLACED[word]}"
    close = difflib.get_close_matches(word, KEYS, n=1)
    return f"; did you mean {close[0]}?" if close else f". The settings are {', '.join(KEYS)}"
