"""An admin runs the school from the portal: each tab of the console, looked at in every look."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_an_admin_stops_a_workspace_looks_up_its_owner_and_reads_it_in_the_audit(
    product: Product, new_page: Callable[[], Page]
) -> None:
    student = Student(new_page(), product, product.accounts()["ben"])
    student.sign_in()
    student.enter().page.close()

    admin = Student(new_page(), product, product.accounts()["admin"])
    admin.sign_in()
    page = admin.portal
    eyes = Onlooker(page)
    page.get_by_role("link", name="Administration").click()
    expect(page).to_have_title("Workspaces · Administration · ApraNova")
    stop(page, eyes, student)
    see_the_health(page, eyes)
    see_the_capacity(page, eyes)
    announce(page, eyes, student)
    look_up(page, eyes, student)
    see_the_hours(page, eyes, student)
    read_the_audit(page, eyes, admin, student)


def stop(page: Page, eyes: Onlooker, student: Student) -> None:
    page.get_by_label("Show", exact=True).select_option("all")
    with page.expect_response(re.compile(r"/api/console/workspaces/\?.*q=ben")):  # a search ends the choice
        page.get_by_label("Search").fill(student.account.email)
    row = page.get_by_role("list", name="Workspaces").get_by_role("listitem")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(student.account.email)
    expect(row).to_contain_text("Running")
    row.get_by_role("checkbox").check()
    eyes.look("administration, workspaces")
    page.get_by_role("button", name="Save and stop 1").click()
    eyes.look("administration, stopping a workspace")
    page.get_by_role("button", name="Save and stop", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_have_text("1 workspace is being saved and stopped.")
    expect(row).to_contain_text("Stopped")
    student.expect_state("Stopped")


def see_the_health(page: Page, eyes: Onlooker) -> None:
    page.get_by_role("link", name="Health", exact=True).click()
    expect(page).to_have_title("Health · Administration · ApraNova")
    findings = page.get_by_role("list", name="Health").get_by_role("listitem")
    for part in ("Database", "Redis", "Workspace manager", "VS Code", "Snapshots of homes"):
        expect(findings.filter(has=page.get_by_role("heading", name=part, exact=True))).to_contain_text("Fine")
    eyes.look("administration, health")


def see_the_capacity(page: Page, eyes: Onlooker) -> None:
    page.get_by_role("link", name="Capacity", exact=True).click()
    expect(page).to_have_title("Capacity · Administration · ApraNova")
    expect(page.get_by_role("meter", name="Memory in use")).to_be_visible()
    expect(page.get_by_role("heading", name="Warm pool")).to_be_visible()
    expect(page.get_by_role("region", name="Next classes")).to_contain_text("workspaces of")
    eyes.look("administration, capacity")


def look_up(page: Page, eyes: Onlooker, student: Student) -> None:
    page.get_by_role("link", name="People", exact=True).click()
    expect(page).to_have_title("People · Administration · ApraNova")
    page.get_by_label("Search").fill(student.account.email)
    row = page.get_by_role("list", name="People").get_by_role("listitem")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(student.account.email)
    page.get_by_role("button", name=re.compile("^Actions for Ben")).click()
    eyes.look("administration, people")
    page.get_by_role("menuitem", name="Sign out everywhere …").click()
    page.get_by_role("button", name="Sign out everywhere", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_have_text("Ben Larsen is signed out everywhere.")


def announce(page: Page, eyes: Onlooker, student: Student) -> None:
    page.get_by_role("link", name="Announcements", exact=True).click()
    expect(page).to_have_title("Announcements · Administration · ApraNova")
    page.get_by_label("Announcement", exact=True).fill("The school is closed on Friday.")
    page.get_by_label("Ends after").select_option("4 hours")
    page.get_by_role("button", name="Announce", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_have_text("It is announced.")
    words = page.get_by_role("region", name="Announcements").get_by_text("The school is closed on Friday.")
    expect(words).to_be_visible()
    eyes.look("administration, announcements")
    told = student.product.url + "/api/announcements/"
    assert "closed on Friday" in student.portal.request.get(told).text()
    page.get_by_role("button", name="End now … The school is closed").click()
    page.get_by_role("button", name="End it", exact=True).click()
    expect(words).to_have_count(0)


def see_the_hours(page: Page, eyes: Onlooker, student: Student) -> None:
    page.get_by_role("link", name="Hours", exact=True).click()
    expect(page).to_have_title("Hours · Administration · ApraNova")
    row = page.get_by_role("table", name="By person").get_by_role("row")
    expect(row.filter(has_text=student.account.email)).to_be_visible()
    eyes.look("administration, hours")
    page.get_by_label("Month").select_option("Last month")
    expect(page.get_by_text("Nobody used a workspace.").first).to_be_visible()


def read_the_audit(page: Page, eyes: Onlooker, admin: Student, student: Student) -> None:
    name = page.request.get(f"{admin.product.url}/api/me/").json()["name"]
    page.get_by_role("link", name="Audit", exact=True).click()
    expect(page).to_have_title("Audit · Administration · ApraNova")
    with page.expect_response(re.compile(r"/api/console/audit/\?.*person=ben")):
        page.get_by_label("Person").fill(student.account.email)
    trail = page.get_by_role("list", name="Audit").get_by_role("listitem")
    expect(trail.filter(has_text=re.compile(f"{name} signed Ben.* out everywhere")).first).to_be_visible()
    expect(trail.filter(has_text=re.compile(f"{name} stopped Ben.*")).first).to_be_visible()
    eyes.look("administration, audit")
