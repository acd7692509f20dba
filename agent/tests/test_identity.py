"""Only an application that reads the gateway's identity token gets it."""

from __future__ import annotations

import pytest

from agent.http_head import for_application, parse_head

REQUEST = b"GET / HTTP/1.1\r\nHost: ws\r\nX-Apranova-Identity: signed\r\nX-Apranova-Launch-Secret: secret"


@pytest.mark.parametrize(("with_identity", "passes"), [(True, True), (False, False)])
def test_the_identity_passes_only_to_an_application_that_takes_it(with_identity: bool, passes: bool) -> None:
    head = for_application(parse_head(REQUEST), with_identity=with_identity)
    assert (b"x-apranova-identity: signed" in head) is passes
    assert b"secret" not in head
