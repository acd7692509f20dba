"""Checks the AWS Signature Version 4 of a request: botocore computes it, we compare."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SKEW_MAX_S = 300.0
_AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<scope>[^,\s]+), ?"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})$"
)


class BadSignature(Exception):
    """The request was not signed with our key, or it is too old."""


class SignatureCheck:
    def __init__(self, *, access_key_id: str, secret_access_key: str, region: str) -> None:
        self._access_key_id = access_key_id
        self._region = region
        self._auth = SigV4Auth(Credentials(access_key_id, secret_access_key), "lambda", region)

    def check(self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, now: float) -> None:
        """`target`: path and query as sent. `headers` has lower-case names. Raises BadSignature."""
        found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if found is None:
            raise BadSignature("a signature is missing")
        sent_at = headers.get("x-amz-date", "")
        self._check_time(sent_at, now)
        signed = found["headers"].split(";")
        if not {"host", "x-amz-date"} <= set(signed) or any(name not in headers for name in signed):
            raise BadSignature("host and date must be signed")
        digest = headers.get("x-amz-content-sha256")
        if digest is not None and not hmac.compare_digest(digest, hashlib.sha256(body).hexdigest()):
            raise BadSignature("the body is not the one that was signed")
        request = AWSRequest(
            method=method,
            url=f"http://{headers['host']}{target}",
            headers={name: headers[name] for name in signed},
            data=body,
        )
        request.context["timestamp"] = sent_at
        canonical = self._auth.canonical_request(request)
        expected = self._auth.signature(self._auth.string_to_sign(request, canonical), request)
        scope = f"{sent_at[:8]}/{self._region}/lambda/aws4_request"
        same_key = hmac.compare_digest(found["key"].encode(), self._access_key_id.encode())
        same_signature = hmac.compare_digest(found["signature"].encode(), expected.encode())
        if not (same_key and same_signature and found["scope"] == scope):
            raise BadSignature("the signature does not match")

    def _check_time(self, sent_at: str, now: float) -> None:
        try:
            sent = dt.datetime.strptime(sent_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC).timestamp()
        except ValueError:
            raise BadSignature("a date is missing") from None
        if abs(now - sent) > SKEW_MAX_S:
            raise BadSignature("the request is too old, or from the future")
