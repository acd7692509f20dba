"""The first questions that a student's browser would ask, and one that nobody should: does it answer as it must?"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from infrastructure.deploy.aws import Aws
from infrastructure.settings import School

WITHIN_S = 900.0
"""Names have to spread, and CloudFront."""
EVERY_S = 10.0
_TIMEOUT_S = 15


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


Get = Callable[[str], Answer]


def get(url: str) -> Answer:
    """One GET; redirects are not followed. Raises OSError."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", parts.path or "/", headers={"user-agent": "apranova-deploy", "accept": "*/*"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(1_000_000))
    except http.client.HTTPException as problem:
        raise OSError(f"no HTTP answer: {problem!r}") from None
    finally:
        connection.close()


def smoke_test(aws: Aws, school: School, *, ask: Get = get) -> None:
    """Each question until it is answered rightly. Raises DeployFailed with all that are not."""
    open_questions = {
        "the portal's sign-in page": (f"{school.url}/signin", lambda answer: answer.status == 200),
        "health of database, Redis and manager": (f"{school.url}/api/health", _healthy),
        "the door sends who is not signed in away": (
            f"{school.url}/workspace",
            lambda answer: answer.status in (302, 303, 307, 401, 403),
        ),
        "nobody goes around CloudFront": (
            f"https://{school.origin_domain}/signin",
            lambda answer: answer.status == 403,
        ),
    }
    told: dict[str, str] = {}

    def all_answered() -> bool:
        for question, (url, right) in list(open_questions.items()):
            try:
                answer = ask(url)
            except OSError as problem:
                told[question] = f"{url}: {problem}"
                continue
            if right(answer):
                del open_questions[question]
            else:
                told[question] = f"{url}: {answer.status} {answer.body[:200].decode(errors='replace')}"
        return not open_questions

    aws.until(
        all_answered,
        within_s=WITHIN_S,
        every_s=EVERY_S,
        failure=lambda: (
            "deployed, but it does not answer as it must:\n"
            + "\n".join(f"  {question}: {told[question]}" for question in open_questions)
            + "\nRun the same command again when that is mended; deploy --rollback RELEASE goes back."
        ),
    )


def _healthy(answer: Answer) -> bool:
    try:
        return answer.status == 200 and json.loads(answer.body)["state"] == "up"
    except (ValueError, KeyError, TypeError):
        return False
