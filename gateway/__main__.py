"""The gateway in a container: `python -m gateway` renders Envoy's configuration from the environment and becomes Envoy.

On one machine the supervisor does the same with its own settings (single_machine/up.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from gateway.render import GatewaySettings, command, prepare
from gateway.static import BadImage, publish


def read_settings(environment: Mapping[str, str]) -> GatewaySettings:
    """Raises `ValueError`, naming the variable."""
    access_log = environment.get("APRANOVA_ACCESS_LOG", "/dev/stdout")
    return GatewaySettings(
        run_dir=Path(_required(environment, "APRANOVA_RUN_DIR")),
        public_url=_required(environment, "APRANOVA_PUBLIC_URL"),
        workspaces_domain=_required(environment, "APRANOVA_WORKSPACES_DOMAIN"),
        port=_number(environment, "APRANOVA_PORT", 8000, highest=65_535),
        listen_address=environment.get("APRANOVA_LISTEN_ADDRESS", "127.0.0.1"),
        # On AWS the load balancer sends the portal's paths to the portal itself; these are for whoever puts them behind us.
        portal_address=environment.get("APRANOVA_PORTAL_ADDRESS", "127.0.0.1"),
        portal_port=_number(environment, "APRANOVA_PORTAL_PORT", 3000, highest=65_535),
        images_dir=Path(_required(environment, "APRANOVA_IMAGES_DIR")),
        access_log=Path(access_log),
        trusted_hops=_number(environment, "APRANOVA_TRUSTED_HOPS", 0, highest=10),
    )


def main() -> NoReturn:
    try:
        settings = read_settings(os.environ)
        configuration = prepare(settings)
    except (ValueError, OSError) as problem:
        sys.stderr.write(f"gateway: cannot start: {problem}\n")
        raise SystemExit(2) from None
    try:
        publish(settings.images_dir, settings.static_dir)
    except BadImage as problem:  # the others are linked: better served without one than not at all
        sys.stderr.write(f"gateway: some static files cannot be served: {problem}\n")
    arguments = command(configuration)
    os.execv(arguments[0], arguments)  # noqa: S606 (no shell: Envoy takes this process's place, and gets its signals)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ValueError(f"{name} is not set")
    return value


def _number(environment: Mapping[str, str], name: str, default: int, *, highest: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) > highest:
        raise ValueError(f"{name} is {text!r}; a whole number from 0 to {highest} is expected")
    return int(text)


if __name__ == "__main__":
    main()
