from __future__ import annotations

import pytest
from django.core.cache import cache

from backend.cohorts.tests.conftest import make_cohort  # noqa: F401  a fixture
from backend.tests.served import PUBLIC_URL
from backend.tests.signing_in import use_sign_in
from tests.lti_platform import running_lti_platform


@pytest.fixture
def platform():
    with running_lti_platform(PUBLIC_URL) as running:
        yield running


@pytest.fixture
def school(settings, platform):
    """Lets the backend use the platform, with more settings if wanted."""

    def use(**more):
        use_sign_in(settings, platform.settings(**more))

    use()
    cache.clear()
    yield use
    cache.clear()
