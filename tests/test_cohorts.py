"""Cohorts: an instructor uploads a timetable and sees the next classes; students cannot."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

EVERY_DAY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a school//EN
BEGIN:VEVENT
UID:one
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260101T091500
DTEND;TZID=Europe/Berlin:20260101T114500
RRULE:FREQ=DAILY
SUMMARY:Graph algorithms
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def signed_in(product: Product, new_page: Callable[[], Page]) -> Callable[[str], Page]:
    def sign_in(login: str) -> Page:
        person = Student(new_page(), product, product.accounts()[login])
        person.sign_in()
        return person.portal

    return sign_in


def upload(page: Page, folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    page.get_by_label("Timetable file").set_input_files(folder / name)


def test_an_instructor_uploads_a_timetable_and_sees_the_next_classes(
    signed_in: Callable[[str], Page], tmp_path: Path
) -> None:
    page = signed_in("instructor")
    eyes = Onlooker(page)
    page.get_by_role("link", name="Cohorts").click()
    expect(page.get_by_role("link", name="Berlin-3")).to_be_visible()
    eyes.look("cohorts")

    page.get_by_role("button", name="Create a cohort").click()
    page.get_by_label("Name").fill("Hamburg-1")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    eyes.look("create a cohort")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hamburg-1")).to_be_visible()

    upload(
        page, tmp_path, "typo.ics", EVERY_DAY.replace("TZID=Europe/Berlin:20260101T0915", "TZID=Berlin:20260101T0915")
    )
    fault = page.get_by_role("alert").filter(has_text="Line 7: nobody knows the time zone “Berlin”")
    expect(fault).to_be_visible()
    eyes.look("a faulty timetable", refused=(422,))

    upload(page, tmp_path, "term.ics", EVERY_DAY)
    expect(page.get_by_text(re.compile("term.ics: 1[45] classes in the next 14 days"))).to_be_visible()
    expect(page.get_by_text("Graph algorithms").first).to_be_visible()
    eyes.look("the preview of a timetable")
    page.get_by_role("button", name="Use this timetable").click()
    expect(page.get_by_text("term.ics is now the timetable.")).to_be_visible()

    page.reload()
    timetable = page.get_by_role("region", name="Timetable")
    expect(timetable.get_by_text("Graph algorithms").first).to_be_visible()
    expect(timetable.get_by_text(re.compile(r"0?9:15.*11:45")).first).to_be_visible()
    eyes.look("a cohort with a timetable")
    page.get_by_role("button", name="Follow an address").click()
    page.get_by_label("Calendar address").fill("webcal://localhost/term.ics")
    page.keyboard.press("Enter")
    expect(page.get_by_text("localhost is inside a private network.")).to_be_visible()
    eyes.look("an address that cannot be followed", refused=(422,))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Cohorts").first.click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Hamburg-1"))
    expect(row).to_contain_text(re.compile("Today|Tomorrow|Now"))

    row.get_by_role("link").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete cohort").click()
    page.get_by_label("Name of the cohort").fill("Hamburg-1")
    eyes.look("delete a cohort")
    page.get_by_role("button", name="Delete cohort").click()
    expect(page.get_by_role("heading", name="Cohorts")).to_be_visible()
    expect(page.get_by_role("link", name="Hamburg-1")).to_have_count(0)


def test_an_instructor_imports_300_people_from_a_list_with_twelve_bad_lines(
    signed_in: Callable[[str], Page], tmp_path: Path
) -> None:
    page = signed_in("instructor")
    eyes = Onlooker(page)
    page.get_by_role("link", name="Cohorts").click()
    page.get_by_role("button", name="Create a cohort").click()
    page.get_by_label("Name").fill("Bremen-1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Import a list").click()
    lines = [f"Person{number};Müller;person{number}@bremen.school.example" for number in range(300)]
    for number, bad in enumerate(("no address", "a@b", "", "person0@bremen.school.example") * 3):
        lines.insert(number * 20 + 5, f"Bad;Line;{bad}")
    file = tmp_path / "class.csv"
    file.write_bytes("\r\n".join(["Vorname;Nachname;E-Mail-Adresse", *lines]).encode("cp1252"))
    page.get_by_label("List of students").set_input_files(file)

    preview = page.get_by_role("region", name="class.csv: 312 lines")
    expect(preview.get_by_text("12 lines cannot be used")).to_be_visible()
    expect(preview.get_by_text("Line 7: ")).to_be_visible()
    expect(preview.get_by_text("line 2 has the same address").first).to_be_visible()
    eyes.look("the preview of a list")
    page.get_by_role("button", name="Import 300 students").click()
    expect(page.get_by_text("300 people are invited, 12 lines were left out.")).to_be_visible()
    expect(page.get_by_text("Person0 Müller")).to_be_visible()
    eyes.look("invitations that wait")

    page.get_by_role("button", name="Import a list").click()
    page.get_by_label("List of students").set_input_files(file)
    expect(page.get_by_text("300 people are invited already")).to_be_visible()
    expect(page.get_by_role("button", name="Nothing to import")).to_be_visible()


def test_a_student_may_not_see_the_page_nor_its_data(signed_in: Callable[[str], Page], product: Product) -> None:
    page = signed_in("amira")
    expect(page.get_by_role("link", name="Dashboard")).to_be_visible()
    expect(page.get_by_role("link", name="Cohorts")).to_have_count(0)
    page.goto(f"{product.url}/cohorts")
    expect(page.get_by_text("This page is for instructors")).to_be_visible()
    expect(page.get_by_text("Berlin-3")).to_have_count(0)
    assert page.request.get(f"{product.url}/api/cohorts/").status == 403


def test_an_invited_student_is_in_the_cohort_and_the_history_tells_of_their_launch_without_a_name(
    signed_in: Callable[[str], Page], product: Product, new_page: Callable[[], Page]
) -> None:
    teacher = signed_in("instructor")
    teacher.get_by_role("link", name="Cohorts").click()
    teacher.get_by_role("link", name="Berlin-3").click()
    teacher.get_by_label("Invite a new student").fill("frida@demo.school.example")
    teacher.get_by_role("button", name="Invite").click()
    link = teacher.get_by_role("link", name=re.compile("signup")).get_attribute("href")
    assert link is not None

    student = new_page()
    student.goto(link)
    student.get_by_label("Your name").fill("Frida Falk")
    student.get_by_label("Password", exact=True).fill("four-random-words-here")
    student.get_by_role("button", name="Create account").click()
    student.wait_for_url("**/dashboard")
    workspace = post(student, "/api/workspace/create/")["id"]
    teacher.reload()
    expect(teacher.get_by_text("frida@demo.school.example")).to_be_visible()

    exported = product.run("export-history")
    assert exported.returncode == 0, exported.stderr
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    assert any((it["action"], it["cohort"], it["kind"]) == ("launch", "Berlin-3", "vscode") for it in lines)
    for name in (workspace, "frida", "falk"):
        assert name not in exported.stdout.lower()
    post(student, f"/api/workspace/{workspace}/stop/")


def post(page: Page, path: str) -> Any:
    """As the portal does it, with the page's own cookies."""
    return page.evaluate(
        """async (path) => {
            const token = document.cookie.match(/apranova_csrf=([^;]+)/)[1];
            return (await fetch(path, {method: "POST", headers: {"X-CSRFToken": token}})).json();
        }""",
        path,
    )
