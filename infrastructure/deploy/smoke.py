"""The first requests of a student's browser, and one that must be refused."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from infrastructure.deploy.aws import Aws
from infrastructure.settings import School

WITHIN_S = 900.0
"""DNS and CloudFront need time to spread."""
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
    """Repeats each request until its answer is right. Raises DeployFailed with the wrong ones."""
    open_questions = {
        "the portal's sign-in page": (f"{school.url}/signin", lambda answer: answer.status == 200),
        "health of database, Redis and manager": (f"{school.url}/api/health", _healthy),
        "the door refuses visitors who are not signed in": (
            f"{school.url}/workspace",
            lambda answer: answer.status in (302, 303, 307, 401, 403),
        ),
        "nothing goes around CloudFront": (
            f"https://{school.origin_domain}/signin",
            lambda answer: answer.status == 403,
        ),
    }
    seen: dict[str, str] = {}

    def all_answered() -> bool:
        for question, (url, right) in list(open_questions.items()):
            try:
                answer = ask(url)
            except OSError as problem:
                seen[question] = f"{url}: {problem}"
                continue
            if right(answer):
                del open_questions[question]
            else:
                seen[question] = f"{url}: {answer.status} {answer.body[:200].decode(errors='replace')}"
        return not open_questions

    aws.until(
        all_answered,
        within_s=WITHIN_S,
        every_s=EVERY_S,
        failure=lambda: (
            "deployed, but these requests are not answered as they should be:\n"
            + "\n".join(f"  {question}: {seen[question]}" for question in open_questions)
            + "\nFix that and run the same command again, or go back with deploy --rollback RELEASE."
        ),
    )


def _healthy(answer: Answer) -> bool:
    try:
        return answer.status == 200 and json.loads(answer.body)["state"] == "up"
    except (ValueError, KeyError, TypeError):
        return False
