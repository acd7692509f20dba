"""Which IAM actions a program of ours uses: each request of its code to AWS, in IAM's words.

Which actions a request needs is from the Service Authorization Reference of AWS
(https://docs.aws.amazon.com/service-authorization/latest/reference/) and the pages named below.
"""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore
import pytest
from botocore.client import BaseClient

from infrastructure.used_rights import ON_INDEX

SOURCE = Path(__file__).parents[1]
_PREFIX = {"efs": "elasticfilesystem"}
_ACTION = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
}
"""Requests whose right has another name."""
_WRITES = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}
"""A transaction has no right of its own
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html)."""
_PASS_ROLES = {"ecs:RegisterTaskDefinition", "ecs:RunTask"}


def rights_of(service: str, operation: str, request: Mapping[str, Any]) -> set[str]:
    """The actions that IAM checks for one request."""
    prefix = _PREFIX.get(service, service)
    if operation == "TransactWriteItems":
        return {_WRITES[word] for item in request["TransactItems"] for word in item}
    found = _ACTION.get(f"{service}:{operation}", f"{prefix}:{operation}")
    rights = {f"{found}{ON_INDEX}" if request.get("IndexName") else found}
    if request.get("Tags") or request.get("tags"):  # tagged while it is made
        rights.add(f"{prefix}:TagResource")
    if found in _PASS_ROLES:  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
        rights.add("iam:PassRole")
    return rights


@contextmanager
def recorded(folder: str, *, answers: Mapping[str, Callable[..., Any]] | None = None) -> Iterator[set[str]]:
    """The rights of what code below `folder` asks of AWS inside the block; not of its tests.

    `answers`: operations that are answered here instead of sent.
    """
    used: set[str] = set()
    send = BaseClient._make_api_call  # type: ignore[attr-defined]

    def _make_api_call(self: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        if _is_code(folder):
            used.update(rights_of(self.meta.service_model.service_name, operation, request))
        if operation in (answers or {}):
            return (answers or {})[operation](**request)
        return send(self, operation, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", _make_api_call)
        yield used


def _is_code(folder: str) -> bool:
    """Whether the nearest caller outside botocore is code of ours, and no test."""
    packages = str(Path(botocore.__file__).parents[1])
    frame = sys._getframe(2)
    while frame.f_back and frame.f_code.co_filename.startswith(packages):
        frame = frame.f_back
    file = Path(frame.f_code.co_filename)
    return file.is_relative_to(SOURCE / folder) and "tests" not in file.parts


def right_on_s3(method: str, target: str) -> str:
    """Of a request that another program sends, such as restic."""
    parts = urlsplit(target)
    is_object = len(parts.path.strip("/").split("/", 1)) == 2
    if not is_object:
        if "location" in parse_qs(parts.query, keep_blank_values=True):
            return "s3:GetBucketLocation"
        return {"GET": "s3:ListBucket", "HEAD": "s3:ListBucket", "PUT": "s3:CreateBucket"}.get(
            method, "s3:DeleteObject"
        )
    return {"DELETE": "s3:DeleteObject", "PUT": "s3:PutObject", "POST": "s3:PutObject"}.get(method, "s3:GetObject")


@contextmanager
def s3_passed_on(url: str, used: set[str]) -> Iterator[str]:
    """An address that passes requests on to S3 at `url` and notes their rights."""
    host = urlsplit(url).netloc

    class PassOn(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            used.add(right_on_s3(self.command, self.path))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            there = http.client.HTTPConnection(host, timeout=60)
            there.request(self.command, self.path, body, dict(self.headers))
            answer = there.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)
            there.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one  # noqa: N815 (http.server's names)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), PassOn) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
