"""`handle`: Lambda starts the process by importing this module, so it reads the settings."""

from __future__ import annotations

import os

from manager.entrypoints.function import Function

handle = Function.from_environment(os.environ)
