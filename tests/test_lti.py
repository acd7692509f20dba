"""From a course of a learning platform, which frames ApraNova on another site, to the cohort."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.lti_platform import INSTRUCTOR, LEARNER, Platform, lti_settings, running_lti_platform
from tests.ports import free_port
from tests.product import Product
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def school() -> Iterator[tuple[Product, Platform]]:
    """A school of its own: with a platform, the sign-in page and each cohort's page show it."""
    port = free_port()
    running = Product(lti_settings(port))
    try:
        with running_lti_platform(running.url, port) as platform:
            running.start()
            yield running, platform
            assert running.stop() == 0
    finally:
        running.remove()


def test_a_course_that_frames_apranova_is_connected_and_its_learners_come_into_the_cohort(
    school: tuple[Product, Platform], new_page: Callable[[], Page]
) -> None:
    product, lti = school
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

    course.goto(_framed(lti, "tess"))
    expect(course.frame_locator("iframe").get_by_role("button", name="Open ApraNova")).to_be_visible()
    _look_in_the_frame(course, lti, "the page in the frame")
    course.goto(_framed(lti, "tess", deep_linking=True))
    frame = course.frame_locator("iframe")
    expect(frame.get_by_role("radio")).to_be_checked()
    _look_in_the_frame(course, lti, "what a course may link to")
    frame.get_by_role("button", name="Add to the course").click()
    expect(frame.get_by_text("Added")).to_be_visible()
    assert [it["url"] for it in lti.returned] == [f"{product.url}/api/auth/lti/launch/"]


def test_a_launch_that_is_over_says_what_to_do(school: tuple[Product, Platform], new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(f"{school[0].url}/signin")
    expect(page.get_by_text("open ApraNova from your course in Nordlicht Moodle")).to_be_visible()
    Onlooker(page).look("the sign-in page of a school with a platform")
    page.goto(f"{school[0].url}/api/auth/lti/open/?code=old")
    expect(page.get_by_text("Open ApraNova from your course again")).to_be_visible()
    Onlooker(page).look("a launch that is over", refused=(400,))


def _opened_from_the_frame(page: Page, lti: Platform, login: str) -> Page:
    """The tab that opens from a course's page."""
    page.goto(_framed(lti, login))
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("button", name="Open ApraNova").click()
    return opened.value


def _framed(lti: Platform, login: str, **more: bool) -> str:
    """The page of a course that shows ApraNova in a frame."""
    return f"{lti.issuer}/course?shows={quote(lti.click(login, 'leipzig', **more), safe='')}"


def _look_in_the_frame(page: Page, lti: Platform, screen: str) -> None:
    """As a page of its own, where axe may run."""
    content = page.frames[1].content()
    alone = page.context.new_page()
    alone.route("**/alone", lambda route: route.fulfill(body=content, content_type="text/html"))
    alone.goto(f"{lti.issuer}/alone")
    Onlooker(alone).look(screen)
    alone.close()
    page.bring_to_front()


def _post(page: Page, product: Product, path: str, body: dict[str, str]) -> dict[str, str]:
    token = next(it["value"] for it in page.context.cookies(product.url) if it["name"] == "apranova_csrf")
    headers = {"X-CSRFToken": token, "Origin": product.url}
    answer = page.request.post(f"{product.url}{path}", data=body, headers=headers)
    assert answer.status == 201, answer.text()
    made: dict[str, str] = answer.json()
    return made
