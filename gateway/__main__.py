"""The gateway in a container: renders Envoy's configuration from the environment, becomes Envoy.

On one machine the supervisor does the same with its own settings (single_machine/up.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from contract.environment import Environment
from gateway.render import GatewaySettings, command, prepare
from gateway.static import BadImage, publish


def read_settings(variables: Mapping[str, str]) -> GatewaySettings:
    """Raises BadSetting."""
    environment = Environment(variables)
    return GatewaySettings(
        run_dir=environment.path("APRANOVA_RUN_DIR"),
        public_url=environment.web_origin("APRANOVA_PUBLIC_URL"),
        workspaces_domain=environment.text("APRANOVA_WORKSPACES_DOMAIN"),
        port=environment.whole("APRANOVA_PORT", 8000, 0, 65_535),
        listen_address=environment.text("APRANOVA_LISTEN_ADDRESS", "127.0.0.1"),
        # On AWS the load balancer sends the portal's paths straight to the portal.
        portal_address=environment.text("APRANOVA_PORTAL_ADDRESS", "127.0.0.1"),
        portal_port=environment.whole("APRANOVA_PORTAL_PORT", 3000, 0, 65_535),
        images_dir=environment.path("APRANOVA_IMAGES_DIR"),
        access_log=environment.path("APRANOVA_ACCESS_LOG", Path("/dev/stdout")),
        trusted_hops=environment.whole("APRANOVA_TRUSTED_HOPS", 0, 0, 10),
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


if __name__ == "__main__":
    main()
