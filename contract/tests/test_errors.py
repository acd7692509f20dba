"""What people are shown of an error, and what only the log gets."""

from __future__ import annotations

import logging

import pytest

from contract.errors import ApraNovaError, Reason, shown


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("secret"), ApraNovaError(Reason.SAVE_FAILED, "Try again", detail="secret")]
)
def test_details_go_to_the_log_alone(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    safe = shown(error, logging.getLogger("test"))
    assert "secret" not in safe.message
    assert "secret" in caplog.text
    assert safe.reason is (Reason.SAVE_FAILED if safe is error else Reason.INTERNAL)
