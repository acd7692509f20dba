"""A lesson: an instructor hands files out to two students, one at work and one asleep."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.product import Account, Product
from tests.student import Student
from tests.test_accessibility import Onlooker
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

STARTER = {"loops/main.py": "print('starter')\n", "loops/data.csv": "a,b\n"}
LONG_MS = 40_000
PASSWORD = "four-random-words-here"


def zipped(files: dict[str, str]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return kept.getvalue()


def send(page: Page, method: str, path: str, body: object) -> Any:
    """As the portal does it, with the page's own cookies."""
    status, answer = page.evaluate(
        """async ([method, path, body]) => {
            const token = document.cookie.match(/apranova_csrf=([^;]+)/)[1];
            const headers = {"X-CSRFToken": token, "Content-Type": "application/json"};
            const answer = await fetch(path, {method, headers, body: JSON.stringify(body)});
            return [answer.status, await answer.json().catch(() => null)];
        }""",
        [method, path, body],
    )
    assert status < 300, (method, path, status, answer)
    return answer


@pytest.fixture
def instructor(product: Product, new_page: Callable[[], Page]) -> Student:
    person = Student(new_page(), product, product.accounts()["instructor"])
    person.sign_in()
    return person


@pytest.fixture
def sign_up(product: Product, new_page: Callable[[], Page]) -> Callable[[Page, str, str], Student]:
    def enter(teacher: Page, cohort: str, name: str) -> Student:
        email = f"{name.lower()}@kiel.school.example"
        invitation = {"email": email, "role": "student", "track": "FSD", "cohort_id": cohort}
        link = send(teacher, "POST", "/api/invitations/", invitation)["url"]
        student = Student(new_page(), product, Account(email, PASSWORD))
        student.portal.goto(link)
        student.portal.get_by_label("Your name").fill(f"{name} Kiel")
        student.portal.get_by_label("Password", exact=True).fill(PASSWORD)
        student.portal.get_by_role("button", name="Create account").click()
        student.portal.wait_for_url("**/dashboard")
        return student

    return enter


def test_a_lesson_is_handed_out_and_no_file_of_a_student_changes(
    instructor: Student, sign_up: Callable[[Page, str, str], Student], tmp_path: Path
) -> None:
    page = instructor.portal
    cohort = send(page, "POST", "/api/cohorts/", {"name": "Kiel-1", "track": "FSD", "time_zone": "Europe/Berlin"})["id"]
    awake, asleep = sign_up(page, cohort, "Ada"), sign_up(page, cohort, "Ben")
    editor = awake.launch()
    editor.expect_file("README.md")

    eyes = Onlooker(page)
    page.goto(f"{instructor.product.url}/cohorts/{cohort}")
    page.get_by_role("button", name="Hand out an assignment").click()
    page.get_by_label("Title").fill("Loops")
    bad, good, update = tmp_path / "bad.zip", tmp_path / "good.zip", tmp_path / "update.zip"
    bad.write_bytes(zipped({"../../.bashrc": "evil", "a": "b"}))
    good.write_bytes(zipped(STARTER))
    update.write_bytes(zipped({**STARTER, "loops/main.py": "print('better')\n", "loops/more.md": "# More\n"}))
    page.get_by_label("Files").set_input_files(bad)
    page.get_by_role("button", name="Hand out", exact=True).click()
    expect(page.get_by_text("leads out of the folder")).to_be_visible()
    eyes.look("a zip that cannot be handed out", refused=(422,))
    page.get_by_label("Files").set_input_files(good)
    page.get_by_role("button", name="Hand out", exact=True).click()
    expect(page.get_by_text("Handed out to 1 of 2")).to_be_visible(timeout=LONG_MS)
    editor.expect_file("loops")

    # Who sleeps finds it when the editor shows.
    theirs = asleep.launch()
    expect(theirs.page.locator(".explorer-folders-view .monaco-list-row", has_text="loops")).to_be_visible()
    expect(page.get_by_text("Handed out to 2 of 2")).to_be_visible(timeout=LONG_MS)

    editor.open_file("main.py")
    editor.expect_text("print('starter')")
    editor.page.locator(".monaco-editor .view-lines").last.click()
    editor.page.keyboard.press("Control+a")
    editor.page.keyboard.type("mine = 1")
    # A tab is not yet marked as changed when the keys have been typed: only the disk says "saved".
    files = [home / "project/loops/main.py" for home in (instructor.product.home / "h/data/homes").iterdir()]
    until(lambda: any(file.exists() and file.read_text() == "mine = 1" for file in files), "the file was not saved")
    page.get_by_role("button", name="Actions for Loops").click()
    page.get_by_role("menuitem", name="Hand out new files").click()
    eyes.look("hand out new files")
    page.get_by_label("All files, as they should be now").set_input_files(update)
    page.get_by_role("button", name="Hand out", exact=True).click()
    expect(page.get_by_text("version 2")).to_be_visible()
    expect(page.get_by_text("Handed out to 2 of 2")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Show students").click()
    assignments = page.get_by_role("region", name="Assignments")
    row = assignments.get_by_role("listitem").filter(has_text="Ada Kiel").last
    expect(row).to_contain_text("loops/main.update-2.py lies beside loops/main.py (changed by the student)")
    eyes.look("an assignment, student by student")

    editor.open_file("main.py")
    editor.expect_text("mine = 1")
    collect_and_return(eyes, awake, asleep)
    address = f"{instructor.product.url}/api/cohorts/{cohort}/assignments/"
    assignment = page.request.get(address).json()["items"][0]["id"]
    assert awake.portal.request.get(f"{address}{assignment}/").status == 403
    send(awake.portal, "POST", f"/api/workspace/{awake.workspace_id()}/stop/", {})
    send(page, "DELETE", f"/api/cohorts/{cohort}/", {"name": "Kiel-1"})


def collect_and_return(eyes: Onlooker, awake: Student, asleep: Student) -> None:
    """One works, the other one sleeps: both are copied, and only what is returned is seen."""
    page = eyes.page
    sleeping = f"/api/workspace/{asleep.workspace_id()}/"
    send(asleep.portal, "POST", f"{sleeping}stop/", {})
    address = f"{asleep.product.url}{sleeping}"
    until(lambda: asleep.portal.request.get(address).json()["state"] == "stopped", "it did not stop", within_s=60)

    page.get_by_role("button", name="Actions for Loops").click()
    page.get_by_role("menuitem", name="Check of the work").click()
    page.get_by_label("Command").fill("python3 main.py && grep mine main.py")
    page.get_by_role("combobox", name="Students").select_option("output")
    eyes.look("the check of an assignment")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Check of Loops")).to_have_count(0)
    page.get_by_role("link", name="Handed in for Loops").click()
    page.get_by_role("button", name="Collect now", exact=True).click()
    for name in ("Ada", "Ben"):
        expect(page.get_by_role("button", name=f"Read the work of {name} Kiel")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Passed in")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Not passed: the command ended with 1.")).to_be_visible(timeout=LONG_MS)
    eyes.look("who handed in what")
    page.get_by_role("button", name="Read the work of Ada Kiel").click()
    page.get_by_label("File", exact=True).select_option(value="main.py")
    changes = page.get_by_role("region", name="What changed since it was handed out")
    expect(changes).to_contain_text("added: mine = 1")
    page.get_by_text("Check: Passed in").last.click()
    expect(page.get_by_role("region", name="Output of the check")).to_have_text("mine = 1\n")
    eyes.look("a student's work")
    page.get_by_role("button", name="Close").click()

    page.get_by_role("button", name="Mark of Ada Kiel").click()
    page.get_by_label("Mark", exact=True).fill("17/20")
    page.get_by_label("Comment").fill("<b>Well done</b>")
    eyes.look("mark and comment")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Change mark of Ada Kiel")).to_be_visible()
    own = f"{awake.product.url}/api/assignments/"
    assert "17/20" not in awake.portal.request.get(own).text(), "it is not returned yet"
    page.get_by_role("button", name="Return one").click()
    page.get_by_role("button", name="Return", exact=True).click()
    expect(page.get_by_text("Returned")).to_be_visible()
    theirs = Onlooker(awake.portal)
    awake.portal.goto(f"{awake.product.url}/dashboard")
    expect(awake.portal.get_by_text("Mark: 17/20")).to_be_visible()
    awake.portal.get_by_role("button", name="Check my work in Loops").click()
    expect(awake.portal.get_by_text("Passed in")).to_be_visible(timeout=LONG_MS)
    theirs.look("the student's own check")
    expect(awake.portal.get_by_text("<b>Well done</b>")).to_be_visible()
    assert "17/20" not in asleep.portal.request.get(own).text()
