from __future__ import annotations

import pytest
from django.core.cache import cache

from backend.cohorts.tests.conftest import make_cohort  # noqa: F401  a fixture
from backend.lti.tests.launching import launch
from backend.tests.served import PUBLIC_URL
from backend.tests.signing_in import use_sign_in
from tests.lti_platform import INSTRUCTOR, lti_settings, running_lti_platform


@pytest.fixture
def platform():
    with running_lti_platform(PUBLIC_URL) as running:
        yield running


@pytest.fixture
def school(settings, platform):
    """Lets the backend use the platform, with more settings if wanted."""

    def use(**more):
        use_sign_in(settings, lti_settings(platform.port, **more))

    use()
    cache.clear()
    yield use
    cache.clear()


@pytest.fixture
def connected(school, platform, signed_in, make_cohort):  # noqa: F811  the fixture
    """The course *algebra* is connected with a cohort; its instructor's browser, and its id."""
    teacher = signed_in("instructor")
    cohort = make_cohort(teacher)
    platform.add("tess", INSTRUCTOR, email=teacher.user.email)
    page = launch(teacher, platform, "tess")
    assert page.startswith("/courses/"), page
    answer = teacher.put(f"/api{page}/", json={"cohort_id": cohort})
    assert answer.status_code == 200, answer.text
    # Nothing serves our keys at the address that the platform knows.
    platform.get_registration().set_tool_key_set(teacher.get("/api/auth/lti/keys/").json())
    return teacher, cohort
