from __future__ import annotations

import pytest


@pytest.fixture
def make_cohort():
    """Makes a cohort by the API and returns its id."""

    def make(one, name="Berlin-3", track="FSD", time_zone="Europe/Berlin"):
        answer = one.post("/api/cohorts/", json={"name": name, "track": track, "time_zone": time_zone})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return make
