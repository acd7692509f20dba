"""Instances of the manager and the mover that are ready before a class begins.

A function that nobody has called lately answers its first caller after the start of an instance,
about a second. At the beginning of a class dozens of students would meet that at once. So the
scheduled pass asks Lambda for provisioned concurrency while a class is expected, and gives it up
afterwards. What it asks for is read from Lambda first: a pass that fails, comes twice, or runs in
two instances leaves nothing to repair. Without ready instances a launch only takes longer.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from manager.domain.pool.outlook import Outlook

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
"""Passes follow each other every few seconds while workspaces change."""
AHEAD_S = 900.0
"""Ten minutes, and the five until the next scheduled pass."""
LAUNCHES_MIN = 5.0
"""Fewer launches than that do not meet each other."""
LAUNCHES_EACH = 5.0
"""Launches in AHEAD_S for each ready instance. Each takes less than a second, but they are not
spread evenly: most of a class clicks within a minute."""


def wanted(outlook: Outlook, now: float) -> int:
    """How many instances the next AHEAD_S need, for the classes of the timetables."""
    expected = sum(curve.between(now, now + AHEAD_S) for curve in outlook.curves)
    return math.ceil(expected / LAUNCHES_EACH) if expected >= LAUNCHES_MIN else 0


class ReadyInstances:
    def __init__(self, functions: LambdaClient, most: Mapping[str, int]) -> None:
        """`most`: the functions, each as `name:alias`, and how many instances at most."""
        self._functions, self._most = functions, most
        self._looked_at = -math.inf

    def is_due(self, now: float) -> bool:
        return bool(self._most) and now - self._looked_at >= LOOK_EVERY_S

    def keep(self, count: int, now: float) -> None:
        """Ask for more at once, for none when no class is expected, and never for a few less: a
        class is still arriving then. What Lambda refuses is tried again with a later look."""
        self._looked_at = now
        for function, most in self._most.items():
            name, _, alias = function.partition(":")
            try:
                self._keep(name, alias, min(count, most))
            except (ClientError, BotoCoreError) as error:
                log.warning("%s has no ready instances, so first launches take longer: %s", function, error)

    def _keep(self, name: str, alias: str, count: int) -> None:
        there = self._there(name, alias)
        if count > there:
            self._functions.put_provisioned_concurrency_config(
                FunctionName=name, Qualifier=alias, ProvisionedConcurrentExecutions=count
            )
        elif count == 0 < there:
            self._functions.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=alias)

    def _there(self, name: str, alias: str) -> int:
        """How many Lambda was asked for."""
        try:
            found = self._functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier=alias)
        except self._functions.exceptions.ProvisionedConcurrencyConfigNotFoundException:
            return 0
        return found["RequestedProvisionedConcurrentExecutions"]
