"""What no address may have."""

import pytest


@pytest.mark.parametrize(
    "address",
    ["/api/workspace/ws-%00/", "/api/console/workspaces/ws-%00/restart/", "/api/console/workspaces/?q=%00", "/api/%00"],
)
def test_nothing_is_at_an_address_with_a_null_character(signed_in, address):
    admin = signed_in("admin")
    answer = admin.post(address) if address.endswith("restart/") else admin.get(address)
    assert answer.status_code == 404, answer.text
    assert answer.json()["detail"] == "There is nothing at this address."
