"""Ask for one more pass soon, although nothing that runs could wait for it.

One FIFO queue, whose messages all say the same and are delivered DELAY_S later, to the function itself. Those of the same moment
are one message (SQS drops what has the same deduplication id for five minutes), so that a hundred launches at once ask for one
pass and not for a hundred; and one message group, so that these passes come one after the other.

A moment is shorter than the delay: so whoever asks and is dropped as a repetition can be sure that the message which stands for
it is still to come, even if the clocks of two instances differ by as much as the delay is longer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from manager.ports.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DELAY_S = 2
"""The queue's own delay: how soon a pass follows the one before, as long as something moves."""
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
        """Whether it was heard. If not, the next scheduled sweep does what this one would have done."""
        moment = int(self._clock.now() / MOMENT_S)
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=BODY,
                MessageGroupId=_GROUP,
                MessageDeduplicationId=f"{_GROUP}-{moment}",
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("no pass could be asked for: %s", error)
            return False
        return True
