"""The product's processes on one machine: commands, environments, and when each is ready."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from certificates.settings import Settings as IssuingSettings
from contract.network import given_variables
from contract.sign_in import VARIABLES as SIGN_IN_VARIABLES
from gateway.render import command as envoy_command
from single_machine import local_socket, postgres, redis
from single_machine.backup.record import record_file
from single_machine.certificates_process import certificates_spec
from single_machine.doctor_record import record_file as doctor_file
from single_machine.network_programs import READ_BY_APT, READ_BY_BACKEND
from single_machine.portal_build import node_binary
from single_machine.secrets_file import Secrets
from single_machine.settings import Settings
from single_machine.spawning import LISTEN_FD, ProcessSpec

PASSED_ON = (
    "APRANOVA_KINDS",
    "APRANOVA_IDLE_TIMEOUT_S",
    "APRANOVA_IDLE_WARNING_S",
    "APRANOVA_SWEEP_INTERVAL_S",
    "APRANOVA_SESSION_MAX_S",
    "APRANOVA_KEEP_RUNNING_MAX_S",
    "APRANOVA_BUSY_MAX_S",
    "APRANOVA_DELETE_GRACE_S",
    "APRANOVA_ERASE_GRACE_DAYS",
    "APRANOVA_PRICE_PER_GB_HOUR",
    "APRANOVA_HISTORY_EVERY_S",
    "APRANOVA_HOME_LIMIT_GB",
    "APRANOVA_HOME_FILES_MAX",
    "APRANOVA_HOME_GRACE_S",
    "APRANOVA_DISK_RESERVE_GB",
    "APRANOVA_SHARED_LIMIT_GB",
    "APRANOVA_POOL",
    "APRANOVA_POOL_POLICY",
    "APRANOVA_COLD_START_WORTH_H",
    "APRANOVA_START_LEAD_S",
    "APRANOVA_WARMING_MAX",
    "APRANOVA_POOL_SPARE_PART",
    "APRANOVA_MEMORY_GB",
    "APRANOVA_SIZES",
    "APRANOVA_DEFAULT_SIZE",
    "APRANOVA_TIME_ZONE",
    "APRANOVA_EGRESS_PORTS",
    "APRANOVA_EMAIL_BOUNCES",
    "APRANOVA_EMAIL_FROM",
    "APRANOVA_EMAIL_URL",
    "APRANOVA_ADMIN_EMAIL",
    *SIGN_IN_VARIABLES,
)
"""What an operator may set for the manager and the backend (docs/guides/operator.md)."""


_LIST_TASKS = b'{"call": "list_tasks", "arguments": null}\n'
_HELLO = b'{"order": "hello"}\n'
_HEALTH = b"GET /api/health/ HTTP/1.0\r\nHost: localhost\r\n\r\n"
"""Any answer will do: health may still be partial while others start."""


@dataclass(frozen=True)
class UnitServices:
    """Builds the specifications of the processes that are units of their own where systemd starts
    the school's parts (`install`): a restart of the platform leaves them alone."""

    settings: Settings
    isolation: str

    def _environment(self, **more: str) -> dict[str, str]:
        """An environment for our processes. Little of the operator's shell gets into it."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "LC_ALL", "TZ", "HOME", *PASSED_ON)
            if name in os.environ
        }
        shared = {
            "PYTHONPATH": str(self.settings.source),
            "PYTHONUNBUFFERED": "1",
            "APRANOVA_RUN_DIR": str(self.settings.run),
            "APRANOVA_PUBLIC_URL": self.settings.public_url,
            "APRANOVA_WORKSPACES_DOMAIN": self.settings.workspaces_domain,
            "APRANOVA_ISOLATION": self.isolation,
            "APRANOVA_SCHOOL_NAME": self.settings.school_name,
        }
        if self.settings.sandbox_uid is not None:
            shared["APRANOVA_SANDBOX_UID"] = str(self.settings.sandbox_uid)
        return {**kept, **shared, **more}

    def _task_environment(self) -> dict[str, str]:
        return self._environment(
            APRANOVA_IMAGES_DIR=str(self.settings.images),
            APRANOVA_HOMES_DIR=str(self.settings.data / "homes"),
            APRANOVA_SHARED_DIR=str(self.settings.data / "shared"),
        )

    def shim(self) -> ProcessSpec:
        """The sandboxes end with it, so it is never ended for being stopped."""
        socket = self.settings.run / "shim.sock"
        return ProcessSpec(
            name="shim",
            command=(sys.executable, "-m", "manager.entrypoints.sandbox_shim"),
            environment=self._task_environment(),
            ready=lambda: local_socket.answers(socket, _HELLO, begins=b'{"value"'),
            stop_signal=signal.SIGKILL,
            others_need_it=True,
            resume_when_stopped=True,
        )

    def engine(self) -> ProcessSpec:
        socket = self.settings.run / "engine.sock"
        return ProcessSpec(
            name="engine",
            command=(sys.executable, "-m", "manager.entrypoints.sandbox_engine"),
            environment={
                **self._task_environment(),
                **given_variables(os.environ),
                "APRANOVA_PACKAGES_DIR": str(self.settings.packages),
            },
            ready=lambda: local_socket.answers(socket, _LIST_TASKS, begins=b'{"value"'),
            stop_signal=signal.SIGINT,  # it ends its tasks first
            stop_within_s=10,
            others_need_it=True,
        )

    def envoy(self, configuration: Path) -> ProcessSpec:
        return ProcessSpec(
            name="envoy",
            command=envoy_command(configuration),
            environment=self._environment(),
            ready=self.edge_answers,
            stop_within_s=3,
        )

    def edge_answers(self) -> bool:
        """As a browser of this machine would be answered, by the school's own name."""
        host = _EVERY_ADDRESS.get(self.settings.host, self.settings.host)
        public = self.settings.public_url.partition("://")[2]
        tls = _unverified() if self.settings.tls.served_here else None
        return http_answers(self.settings.port, "/signin", host=host, named=public, tls=tls)


@dataclass(frozen=True)
class Services(UnitServices):
    """Builds the specifications of all processes of one installation."""

    secrets: Secrets
    manager_port: int
    portal_port: int

    def _aws(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.secrets.manager_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secrets.manager_secret,
            "AWS_REGION": "us-east-1",
        }

    @property
    def manager_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.manager_port}"

    @property
    def backend_environment(self) -> dict[str, str]:
        sockets = self.settings.run / "postgres"
        return self._environment(
            DATABASE_URL=self.settings.database_url or f"postgresql://apranova@{quote(str(sockets), safe='')}/apranova",
            REDIS_URL=self.settings.redis_url or f"unix://{self.settings.run / 'redis.sock'}?db=0",
            APRANOVA_MANAGER_ENDPOINT=self.manager_endpoint,
            APRANOVA_SECRET_KEY=self.secrets.secret_key,
            APRANOVA_IDENTITY_PRIVATE_KEY=self.secrets.identity_private_key,
            APRANOVA_HELP_VISITS=self.settings.help_visits,
            APRANOVA_HELP_HISTORY="yes" if self.settings.help_history else "no",
            APRANOVA_SHARE_WITH_ANYONE="yes" if self.settings.share_with_anyone else "no",
            # Without a mount of its own nothing would keep it read-only.
            **({} if self.isolation == "none" else {"APRANOVA_SHARED_DIR": str(self.settings.data / "shared")}),
            APRANOVA_STATIC_DIR=str(self.settings.home / "static"),
            APRANOVA_BACKUP_RECORD=str(record_file(self.settings)) if self.settings.backup else "",
            APRANOVA_DOCTOR_RECORD=str(doctor_file(self.settings)),
            **self._aws(),
            # The way to the school's sign-in, to its mail server's certificate, and to calendars.
            **{name: os.environ[name] for name in READ_BY_BACKEND if name in os.environ},
            **given_variables(os.environ),
        )

    def postgres(self) -> ProcessSpec:
        folder = self.settings.run / "postgres"
        return ProcessSpec(
            name="postgres",
            command=tuple(postgres.command(self.settings.data / "postgres", folder)),
            environment=self._environment(),
            ready=lambda: postgres.is_ready(folder),
            uid=self.settings.database_uid,
            stop_signal=postgres.STOP_SIGNAL,
            stop_within_s=15,
            others_need_it=True,
        )

    def redis(self) -> ProcessSpec:
        path = self.settings.run / "redis.sock"
        return ProcessSpec(
            name="redis",
            command=tuple(redis.command(self.settings.data / "redis", path)),
            environment=self._environment(),
            ready=lambda: redis.is_ready(path),
            others_need_it=True,
        )

    def manager(self) -> ProcessSpec:
        return ProcessSpec(
            name="manager",
            command=(sys.executable, "-m", "manager.entrypoints.manager", "--fd", LISTEN_FD),
            environment={
                **self._task_environment(),
                **self._aws(),
                "APRANOVA_MANAGER_PORT": str(self.manager_port),
                "APRANOVA_IDENTITY_KEY": self.secrets.identity_key,
                "APRANOVA_STORE": str(self.settings.data / "manager.sqlite3"),
                "APRANOVA_SNAPSHOTS_DIR": str(self.settings.snapshots),
                "APRANOVA_SNAPSHOTS_PASSWORD": self.secrets.snapshots_password,
                "APRANOVA_RESTIC": str(self.settings.restic),
                **{name: os.environ[name] for name in READ_BY_APT if name in os.environ},
            },
            ready=lambda: http_answers(self.manager_port, "/health"),
            others_need_it=True,  # the backend answers what it was asked
            listen_on=self.manager_port,
        )

    def backend(self) -> ProcessSpec:
        path = self.settings.run / "backend.sock"
        return ProcessSpec(
            name="backend",
            command=(
                sys.executable, "-m", "uvicorn", "backend.config.asgi:application", "--fd", LISTEN_FD, "--no-access-log",
                "--loop", "uvloop", "--http", "httptools", "--timeout-graceful-shutdown", "2", "--no-server-header",
                "--proxy-headers", "--forwarded-allow-ips", "*",
            ),
            environment=self.backend_environment,
            ready=lambda: local_socket.answers(path, _HEALTH, begins=b"HTTP/1."),
            listen_on=path,
        )  # fmt: skip

    def portal(self) -> ProcessSpec:
        server = self.settings.source / "portal" / ".next" / "standalone" / "server.js"
        return ProcessSpec(
            name="portal",
            command=(str(node_binary()), "--max-old-space-size=48", "--max-semi-space-size=1", str(server)),
            environment=self._environment(
                HOSTNAME="127.0.0.1", PORT=str(self.portal_port), NODE_ENV="production", NEXT_TELEMETRY_DISABLED="1"
            ),
            ready=lambda: http_answers(self.portal_port, "/signin"),
            working_folder=server.parent,
        )

    def certificates(self, issuing: IssuingSettings, sockets: tuple[socket.socket, ...]) -> ProcessSpec:
        return certificates_spec(issuing, sockets, self._environment())


_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def _unverified() -> ssl.SSLContext:
    """We ask whether it answers; `single_machine.certificate` has checked what it shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def http_answers(
    port: int, path: str, *, host: str = "127.0.0.1", named: str = "", tls: ssl.SSLContext | None = None
) -> bool:
    if tls is None:
        connection = http.client.HTTPConnection(host, port, timeout=2)
    else:
        connection = http.client.HTTPSConnection(host, port, timeout=2, context=tls)
    try:
        connection.request("GET", path, headers={"Host": named or f"localhost:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
