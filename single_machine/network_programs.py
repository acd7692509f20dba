"""The school's network for the programs that we start ourselves: pip, npm, restic, ACME.

The entry script uses this module before any package is installed: standard library only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from contract.environment import BadSetting, Environment
from contract.network import Network, read_network, trusted_authorities
from single_machine.school_file import read_school_file

READ_BY_REQUESTS = ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "REQUESTS_CA_BUNDLE")
"""By Python's library of that name, in our processes that ask others on the internet."""
READ_BY_BACKEND = (*READ_BY_REQUESTS, "SSL_CERT_FILE")
"""The last by Python itself, for calendars and mail servers that the school's authority signed."""
READ_BY_APT = ("http_proxy", "https_proxy", "no_proxy")
"""By the manager, which gets restic from the machine's package sources."""


def variables_for_programs(network: Network, bundle: Path, *, given: Mapping[str, str]) -> dict[str, str]:
    """What to add to our environment; what is `given` there stays. Writes the bundle of trusted
    authorities if there is one of the school's own. Raises BadSetting."""
    trusted = ""
    if network.authority is not None:
        _write(bundle, trusted_authorities(network.authority))
        trusted = str(bundle)
    wanted = network.for_installs(trusted)
    return {name: value for name, value in wanted.items() if not given.get(name, "").strip()}


def variables_before_packages(settings_file: str, bundle: Path, *, given: Mapping[str, str]) -> dict[str, str]:
    """The same for the very first pip, from a settings file that may not be named. What is wrong
    with the file, the command itself says."""
    try:
        of_file = read_school_file(Path(settings_file)) if settings_file else {}
        network = read_network(Environment({**of_file, **{name: value for name, value in given.items() if value}}))
        return variables_for_programs(network, bundle, given=given)
    except BadSetting:
        return {}


def _write(bundle: Path, content: bytes) -> None:
    if bundle.is_file() and bundle.read_bytes() == content:
        return
    bundle.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=bundle.parent, delete=False) as fresh:  # two commands may run at once
        fresh.write(content)
    Path(fresh.name).chmod(0o644)
    Path(fresh.name).replace(bundle)
