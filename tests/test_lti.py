"""From a course of a learning platform, which frames ApraNova on another site, to the cohort."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.lti_platform import INSTRUCTOR, LEARNER, Platform
from tests.product import Product
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_course_that_frames_apranova_is_connected_and_its_learners_come_into_the_cohort(
    product: Product, new_page: Callable[[], Page], lti: Platform
) -> None:
    lti.add("tess", INSTRUCTOR, email=product.accounts()["instructor"].email)
    lti.add("lena", LEARNER, email="lena@demo.school.example", name="Lena Lang")
    lti.add("shy", LEARNER, name="Shy")
    course = new_page()
    teacher = _opened_from_the_frame(course, lti, "tess")
    expect(teacher.get_by_role("heading", name="Course leipzig")).to_be_visible()
    made = _post(teacher, product, "/api/cohorts/", {"name": "Leipzig-2", "track": "FSD", "time_zone": "Europe/Berlin"})
    teacher.reload()
    teacher.get_by_role("combobox", name="Cohort").select_option(made["id"])
    eyes = Onlooker(teacher)
    eyes.look("a course to connect")
    teacher.get_by_role("button", name="Connect").click()
    teacher.wait_for_url(f"**/cohorts/{made['id']}")

    student = _opened_from_the_frame(new_page(), lti, "lena")
    student.wait_for_url("**/dashboard")
    expect(student.get_by_role("button", name=re.compile("Launch Workspace"))).to_be_enabled()

    teacher.reload()
    panel = teacher.get_by_role("region", name="Course", exact=True)
    panel.get_by_role("button", name="Check the course's people").click()
    expect(panel.get_by_text("1 line cannot be used")).to_be_visible()
    expect(panel.get_by_text("1 student is in this cohort already")).to_be_visible()
    eyes.look("a cohort with its course")

    shown = new_page()
    shown.route("**/login-in-a-frame", lambda route: route.fulfill(body=_page_in_the_frame(course, lti)))
    shown.goto(f"{lti.issuer}/login-in-a-frame")
    Onlooker(shown).look("the page in the frame")


def test_a_launch_that_is_over_says_what_to_do(product: Product, new_page: Callable[[], Page], lti: Platform) -> None:
    page = new_page()
    page.goto(f"{product.url}/api/auth/lti/open/?code=old")
    expect(page.get_by_text("Open ApraNova from your course again")).to_be_visible()
    Onlooker(page).look("a launch that is over", refused=(400,))


def _opened_from_the_frame(page: Page, lti: Platform, login: str) -> Page:
    """The tab that opens from a course's page."""
    page.goto(f"{lti.issuer}/course?shows={quote(lti.click(login, 'leipzig'), safe='')}")
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("button", name="Open ApraNova").click()
    return opened.value


def _page_in_the_frame(page: Page, lti: Platform) -> str:
    """As a page of its own, where axe may run."""
    answer = page.request.get(lti.click("tess", "leipzig"), headers={"Sec-Fetch-Dest": "iframe"})
    return answer.text()


def _post(page: Page, product: Product, path: str, body: dict[str, str]) -> dict[str, str]:
    token = next(it["value"] for it in page.context.cookies(product.url) if it["name"] == "apranova_csrf")
    headers = {"X-CSRFToken": token, "Origin": product.url}
    answer = page.request.post(f"{product.url}{path}", data=body, headers=headers)
    assert answer.status == 201, answer.text()
    made: dict[str, str] = answer.json()
    return made
