"""An admin runs the school from the portal: each tab of the console, looked at in every look."""

import re
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student
from tests.test_accessibility import Onlooker
from tests.waiting import until

COHORT = "Berlin-3"

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
    take_their_data_and_erase(page, eyes, admin, student)
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
    api = f"{student.product.url}/api/workspace/"
    [workspace] = student.portal.request.get(api).json()["items"]
    history = f"{api}{workspace['id']}/history/"
    until(lambda: student.portal.request.get(history).json()["items"], "no checkpoint after the stop", within_s=120)


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


def take_their_data_and_erase(page: Page, eyes: Onlooker, admin: Student, student: Student) -> None:
    """An admin proves who they are, saves a copy of everything, asks for an erasure, and takes it
    back: the student is as before."""
    actions = page.get_by_role("button", name=re.compile("^Actions for Ben"))
    actions.click()
    page.get_by_role("menuitem", name="Copy of their data …").click()
    page.get_by_role("button", name="Make a copy").click()
    page.get_by_label("Password").fill(admin.account.password)
    page.get_by_role("button", name="Confirm").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=60_000)
    eyes.look("administration, a copy of a person's data", refused=(403,))
    with page.expect_download() as download:
        link.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
        assert student.account.email in archive.read("account.csv").decode()
    assert any(re.fullmatch(r"homes/ws-[a-z2-7]{10}/project/.+", name) for name in names), names
    page.get_by_role("button", name="Close").click()
    actions.click()
    page.get_by_role("menuitem", name="Erase …").click()
    page.get_by_label("Name of the person").fill("Ben Larsen")
    eyes.look("administration, erasing a person")
    page.get_by_role("button", name="Erase person").click()
    row = page.get_by_role("list", name="People").get_by_role("listitem")
    expect(row).to_contain_text("To be erased")
    eyes.look("administration, a person who is to be erased")
    actions.click()
    page.get_by_role("menuitem", name="Take the erasure back …").click()
    page.get_by_role("button", name="Keep this person").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_have_text("Ben Larsen is not erased.")
    student.sign_in()


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
    page.get_by_role("button", name="Set a budget …").click()
    page.get_by_label("Each month").fill("0.001")
    page.get_by_label("At its end").select_option("No new launches")
    eyes.look("administration, a budget")
    page.get_by_label("Cohort", exact=True).select_option(label=COHORT)
    page.get_by_role("button", name="Save").click()
    budget = page.get_by_role("list", name="Budgets").get_by_role("listitem")
    expect(budget).to_contain_text("Used up")
    eyes.look("administration, hours")
    student.portal.goto(f"{student.product.url}/dashboard")
    student.portal.get_by_role("button", name=re.compile("Launch Workspace")).click()
    refused = student.portal.get_by_role("main").get_by_role("alert")
    expect(refused).to_contain_text("has used up its workspace time for this month")
    budget.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Remove").click()
    expect(budget).to_have_count(0)
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
