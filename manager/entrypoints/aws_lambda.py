"""`manager.entrypoints.aws_lambda.handle`: to import this module is how Lambda starts the process, and settings are read here."""

from __future__ import annotations

import os

from manager.entrypoints.function import Function

handle = Function.from_environment(os.environ)
