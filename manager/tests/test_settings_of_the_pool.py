"""The pool's settings: what is accepted, and one clear line for what is not."""

from __future__ import annotations

import pytest

from contract.environment import BadSetting
from manager.domain.policy import Policy, PoolPolicy
from manager.settings import read_settings

NEEDED = {
    "APRANOVA_RUN_DIR": "/run/x",
    "APRANOVA_STORE": "/data/x",
    "APRANOVA_HOMES_DIR": "/homes",
    "APRANOVA_MANAGER_PORT": "0",
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
}


def policy(**more: str) -> Policy:
    return read_settings({**NEEDED, **more}).policy


def test_one_machine_predicts_by_default() -> None:
    assert (policy().pool_policy, policy().warming_max) == (PoolPolicy.PREDICTED, 2)
    changed = policy(APRANOVA_POOL_POLICY="schedule", APRANOVA_WARMING_MAX="100")
    assert (changed.pool_policy, changed.warming_max) == (PoolPolicy.SCHEDULE, 100)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APRANOVA_POOL_POLICY", "guess"),
        ("APRANOVA_COLD_START_WORTH_H", "0"),
        ("APRANOVA_COLD_START_WORTH_H", "nan"),
        ("APRANOVA_START_LEAD_S", "soon"),
        ("APRANOVA_WARMING_MAX", "0"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        policy(**{name: value})
