"""What no address may have."""

import pytest


@pytest.mark.parametrize(
    "address",
    ["/api/workspace/ws-%00/", "/api/console/workspaces/ws-%00/restart/", "/api/console/workspaces/?q=%00", "/api/%00"],
)
def test_a_null_character_in_an_address_is_refused_in_words(signed_in, address):
    admin = signed_in("admin")
    answer = admin.post(address) if address.endswith("restart/") else admin.get(address)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"] == "The address has a character that no address of ours has."
