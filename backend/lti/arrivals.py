"""Somebody arrives from a course: which account that is, and what the course makes of them."""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from backend.accounts.models import User
from backend.accounts.newcomers import Newcomer, Welcome
from backend.accounts.roles import Role, Track
from backend.accounts.subjects import uid_of
from backend.cohorts.members import join
from backend.lti import courses, marks
from backend.lti.launch import Launch
from backend.lti.models import CourseRole
from backend.lti.provider import LtiProvider
from backend.platform.problems import ProblemError
from contract.sign_in import Lti

logger = logging.getLogger(__name__)
DASHBOARD = "/dashboard"
ROLES = {CourseRole.INSTRUCTOR: Role.INSTRUCTOR, CourseRole.ASSISTANT: Role.ASSISTANT}


def arrive(request: HttpRequest, launch: Launch, platform: Lti) -> HttpResponse:
    """Sign the person in, and lead them to where the course means. The rules are those of every
    sign-in (`SchoolAdapter`); whoever is signed in here already stays so."""
    user = request.user
    if isinstance(user, User) and user.is_active and _is_theirs(user, launch, platform):
        return HttpResponseRedirect(settings.ENVIRONMENT.public_url + _settle(user, launch, platform))
    provider: Any = get_adapter().get_provider(request, LtiProvider.id)
    login = provider.sociallogin_from_response(request, launch)
    login.launch = launch
    login.state = {"process": AuthProcess.LOGIN, "next": settings.LOGIN_URL, "headless": True}
    response: Any = complete_social_login(request, login)
    error = parse_qs(urlsplit(response["Location"]).query).get("error", [""])[0]
    if error == "not_invited" and launch.role is CourseRole.LEARNER:
        error = "course_not_connected" if courses.find_cohort(launch) is None else error
    if error:
        logger.warning("a launch from %s did not lead to an account: %s", platform.name, error)
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'error': error})}")
    wanted = _settle(login.user, launch, platform)
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'returned': 'yes', 'next': wanted})}")


def welcome(newcomer: Newcomer, **_: Any) -> Welcome | None:
    """Receives `newcomer_arrives`: a connected course lets its learners into the cohort. Its
    teachers come in only where the school trusts the platform with that."""
    launch, platform = newcomer.launch, settings.ENVIRONMENT.sign_in.lti
    if not isinstance(launch, Launch) or platform is None:
        return None
    cohort = courses.find_cohort(launch)
    if launch.role is CourseRole.LEARNER and cohort is not None and cohort.active:
        return Welcome(Role.STUDENT, Track(cohort.track), partial(_join, cohort))
    connected = cohort is not None or launch.role is CourseRole.INSTRUCTOR  # who may connect it then
    if platform.teachers and launch.role in ROLES and connected:
        return Welcome(ROLES[launch.role], None, lambda _user: None)
    return None


def _join(cohort: Any, user: User) -> None:
    join(user, cohort, acting_user=user)


def _is_theirs(user: User, launch: Launch, platform: Lti) -> bool:
    """The account is linked; or, for an admin, who signs in here alone, it has the address."""
    if user.role == Role.ADMIN:
        domain = launch.email.rpartition("@")[2].lower()
        return launch.email.lower() == user.email and domain in platform.verified_domains
    uid = uid_of(launch.issuer, launch.subject)
    return SocialAccount.objects.filter(user=user, provider=LtiProvider.id, uid=uid).exists()


def _settle(user: User, launch: Launch, platform: Lti) -> str:
    """Note that they came, let them into the cohort where that is due; the page that follows."""
    course = courses.note_launch(user, launch)
    cohort = course.cohort if course is not None else None
    if course is None:
        return DASHBOARD
    if cohort is None:
        return f"/courses/{course.pk}" if courses.may_connect(user, course) else DASHBOARD
    if user.role == Role.STUDENT:
        _let_in(user, launch, cohort)
        marks.student_came(user, course)
        return DASHBOARD
    if platform.teachers and launch.role in ROLES:
        courses.let_teach(user, cohort)
    if user.role == Role.ADMIN or cohort.instructors.filter(pk=user.pk).exists():
        return courses.page_of(cohort, launch.assignment)
    return f"/courses/{course.pk}" if courses.may_connect(user, course) else DASHBOARD


def _let_in(user: User, launch: Launch, cohort: Any) -> None:
    """Whoever is in another cohort stays there: to move a student is the instructors' to say."""
    joins = launch.role is CourseRole.LEARNER and cohort.active and user.track == cohort.track
    if not joins or getattr(user, "membership", None) is not None:
        return
    try:
        join(user, cohort, acting_user=user)
    except ProblemError as problem:  # it is full, or was deleted in this moment
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        logger.warning("%s could not join %s: %s", user.pk, cohort.pk, problem.detail)
