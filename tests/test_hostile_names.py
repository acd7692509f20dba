"""Names and titles that try to run, to be endless or to turn the page, on every such screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.school import Student as OverHttp
from tests.student import Student

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

HOSTILE = "\"'><img src=x onerror=window.ran=1><script>window.ran=1</script>{{7*7}}${7*7}"
ENDLESS = "W" * 100
RIGHT_TO_LEFT = "صف البرمجة الأول"
NARROW = {"width": 390, "height": 844}
EVENT = """BEGIN:VEVENT
UID:{number}
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260101T0{number}1500
DTEND;TZID=Europe/Berlin:20260101T0{number}4500
RRULE:FREQ=DAILY
SUMMARY:{title}
END:VEVENT
"""


def calendar() -> str:
    titles = (HOSTILE.replace(";", "\\;").replace(",", "\\,"), ENDLESS, RIGHT_TO_LEFT, "turned \u202e around")
    events = "".join(EVENT.format(number=number, title=title) for number, title in enumerate(titles, 1))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{events}END:VCALENDAR\n"


@pytest.mark.parametrize("name", [HOSTILE, ENDLESS, RIGHT_TO_LEFT], ids=["hostile", "endless", "right to left"])
def test_names_and_titles_are_text_on_every_page(product: Product, new_page: Callable[..., Page], name: str) -> None:
    account = product.accounts()["instructor"]
    over_http = OverHttp(product.url)
    over_http.sign_in(account.email, account.password)
    made = over_http.post("/api/cohorts/", {"name": name, "track": "FSD", "time_zone": "Europe/Berlin"})
    assert made.status_code == 201, made.text
    cohort = made.json()["id"]
    address = f"{cohort[:8]}@school.example"
    invited = over_http.post(
        "/api/invitations/", {"email": address, "role": "student", "track": "FSD", "cohort_id": cohort}
    )
    key = invited.json()["url"].partition("invitation=")[2]
    student = OverHttp(product.url)
    page = new_page()
    page.set_viewport_size(NARROW)
    page.goto(f"{product.url}/signup?invitation={key}")
    expect(page.get_by_label("Email")).to_have_value(address)
    assert_text_alone(page)
    student.sign_up(email=address, name=name, invitation=key)
    token = next(cookie.value for cookie in over_http.http.cookies.jar if cookie.name == "apranova_csrf")
    uploaded = over_http.http.put(
        f"/api/cohorts/{cohort}/timetable/",
        json={"file_name": f"{name[:100]}.ics", "content": calendar()},
        headers={"X-CSRFToken": str(token), "Origin": product.url},
    )
    assert uploaded.status_code == 200, uploaded.text

    staff = Student(new_page(), product, account)
    staff.sign_in()
    staff.portal.set_viewport_size(NARROW)
    for path in ("/cohorts", f"/cohorts/{cohort}", "/dashboard"):
        staff.portal.goto(f"{product.url}{path}")
        expect(staff.portal.get_by_role("heading", level=1)).to_be_visible()
        if cohort in path:
            expect(staff.portal.get_by_text(name, exact=True).first).to_be_visible()
            expect(staff.portal.get_by_text(ENDLESS).first).to_be_visible()
        assert_text_alone(staff.portal)
    page.context.add_cookies(student.cookies())
    page.goto(f"{product.url}/dashboard")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_text_alone(page)
    admin = Student(new_page(), product, product.accounts()["admin"])
    admin.sign_in()
    if name == ENDLESS:
        look_at_the_console(admin, student, cohort)
    for path in ("/admin/accounts/user/", "/admin/cohorts/cohort/", "/admin/audit/record/"):
        admin.portal.goto(f"{product.url}{path}")
        assert "window.ran" not in admin.portal.evaluate("[...document.scripts].map(it => it.text).join()")
        assert admin.portal.evaluate("window.ran") is None


def look_at_the_console(admin: Student, student: OverHttp, cohort: str) -> None:
    """Each of its lists has the student, whose workspace is up, and the cohort."""
    workspace = student.post("/api/workspace/create/", {}).json()["id"]
    page, found = admin.portal, admin.portal.get_by_text(ENDLESS)
    lists = ("workspaces", "people", "announcements", "hours", "audit", "capacity", "health")
    for path in (*(f"/administration/{it}" for it in lists), f"/cohorts/{cohort}"):
        page.goto(f"{admin.product.url}{path}")
        if path.endswith(("people", "audit")):
            page.get_by_label("Search" if path.endswith("people") else "Person").fill(ENDLESS)
        if not path.endswith(("capacity", "health")):
            expect(found.first).to_be_attached()
        expect(page.locator("main .shimmer")).to_have_count(0)
        for size in ({"width": 1280, "height": 800}, NARROW):
            page.set_viewport_size(size)
            assert_text_alone(page, size["width"])
    student.post(f"/api/workspace/{workspace}/stop/", {})


def assert_text_alone(page: Page, most: int = NARROW["width"]) -> None:
    assert page.evaluate("window.ran") is None
    assert page.locator("img[src=x]").count() == 0
    assert "\u202e" not in page.content()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= most, f"{page.url} is {width} px wide"
