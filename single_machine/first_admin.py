"""Shows the link with which the first admin sets a password, until they have one.

It is a secret: it goes to the terminal and into no log.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from single_machine.preflight import CannotGoOn
from single_machine.progress import say, warn
from single_machine.running import RunningProduct, find_ready
from single_machine.secrets_file import load
from single_machine.services import Services
from single_machine.settings import Settings


def tell_first_admin(email: str, backend_environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "backend.manage", "first_admin", email]
    done = subprocess.run(command, env=backend_environment, capture_output=True, text=True, check=False)
    if done.returncode:
        warn(f"No admin was made: {(done.stderr.strip().splitlines() or ['no reason was given'])[-1]}")
    elif "://" in done.stdout:
        say(f"\n{done.stdout.rstrip()}")


def run(settings: Settings) -> int:
    """`install` calls it once the service is ready."""
    if not settings.admin_email:
        raise CannotGoOn("school.admin_email is not set")
    tell_first_admin(settings.admin_email, environment_of_running_backend(settings))
    return 0


def environment_of_running_backend(settings: Settings) -> Mapping[str, str]:
    """For its management commands. Raises CannotGoOn when the school does not run."""
    product = find_ready(settings)
    if product is None:
        raise CannotGoOn("ApraNova is not running yet. `./apranova status` says when it is")
    return services_of(settings, product).backend_environment


def services_of(settings: Settings, product: RunningProduct) -> Services:
    """For commands of the backend next to the product that runs."""
    return Services(
        settings=settings,
        secrets=load(settings.home / "secrets.json"),
        manager_port=int(product.manager_endpoint.rpartition(":")[2]),
        portal_port=0,  # the backend does not ask for it
        isolation="bubblewrap",
    )
