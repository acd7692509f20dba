"""Asks for another reconcile pass soon, although no process waits for it.

All messages of the FIFO queue are equal and are delivered to the function itself, DELAY_S later.
Those of the same moment are one message: SQS drops a repeated deduplication id for five minutes. So
a hundred launches at once ask for one pass. One message group makes these passes run one after the
other.

A moment is shorter than the delay. So a request that is dropped as a repetition can rely on the
message that stands for it being still to come, even if the clocks of two instances differ by the
difference.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from manager.ports.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DELAY_S = 2
"""The queue's own delay: how soon a pass follows the previous one while something moves."""
MOMENT_S = 1.0
BODY = '{"action":"sweep"}'
_GROUP = "sweep"

log = logging.getLogger(__name__)


class SqsWakes:
    def __init__(self, client: SQSClient, queue_url: str, clock: Clock) -> None:
        self._client = client
        self._queue_url = queue_url
        self._clock = clock

    def ask(self) -> bool:
        """Returns whether it was heard. If not, the next scheduled pass does the work."""
        moment = int(self._clock.now() / MOMENT_S)
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=BODY,
                MessageGroupId=_GROUP,
                MessageDeduplicationId=f"{_GROUP}-{moment}",
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("no reconcile pass could be requested: %s", error)
            return False
        return True
