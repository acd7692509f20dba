"""Signature Version 4: what is refused, and that it covers time and body."""

from __future__ import annotations

import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from manager.entrypoints.signature import BadSignature, SignatureCheck

CHECK = SignatureCheck(access_key_id="AK", secret_access_key="secret", region="us-east-1")
TARGET = "/2015-03-31/functions/workspace-manager/invocations"


def signed(body: bytes = b"{}", *, service: str = "lambda", region: str = "us-east-1") -> dict[str, str]:
    request = AWSRequest(method="POST", url=f"http://127.0.0.1:9{TARGET}", headers={"host": "127.0.0.1:9"}, data=body)
    SigV4Auth(Credentials("AK", "secret"), service, region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def test_a_signed_request_passes() -> None:
    CHECK.check("POST", TARGET, signed(), b"{}", now=time.time())


@pytest.mark.parametrize("age_s", [-301.0, 301.0, 86_400.0])
def test_an_old_or_future_request_is_refused(age_s: float) -> None:
    with pytest.raises(BadSignature):
        CHECK.check("POST", TARGET, signed(), b"{}", now=time.time() + age_s)


def test_another_body_path_or_method_is_refused() -> None:
    for method, target, body in (
        ("POST", TARGET, b"[]"),
        ("POST", TARGET + "?x=1", b"{}"),
        ("GET", TARGET, b"{}"),
    ):
        with pytest.raises(BadSignature):
            CHECK.check(method, target, signed(), body, now=time.time())


def test_a_declared_body_digest_must_match_the_body() -> None:
    headers = {**signed(), "x-amz-content-sha256": "0" * 64}
    with pytest.raises(BadSignature):
        CHECK.check("POST", TARGET, headers, b"{}", now=time.time())


def test_another_service_or_region_is_refused() -> None:
    for headers in (signed(service="s3"), signed(region="eu-west-1")):
        with pytest.raises(BadSignature):
            CHECK.check("POST", TARGET, headers, b"{}", now=time.time())


def test_garbage_is_refused() -> None:
    for text in (
        "",
        "AWS4-HMAC-SHA256",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
    ):
        with pytest.raises(BadSignature):
            CHECK.check("POST", TARGET, {**signed(), "authorization": text}, b"{}", now=time.time())
