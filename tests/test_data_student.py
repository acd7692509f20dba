"""A data student's day: query, keep a chart, upload a table, be stopped, and find it all again."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import APIResponse, Page, expect

from images.superset.build import MEMORY_MAX_BYTES
from tests.product import Product
from tests.school import School
from tests.student import LAUNCH_WITHIN_MS, Student

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

QUERY = "SELECT category, count(*) AS sold FROM sales GROUP BY 1 ORDER BY 2 DESC"
SHOWN_WITHIN_MS = 30_000
UPLOADED_WITHIN_MS = 90_000
MEMORY_FILES = (("memory.limit_in_bytes", "memory.max_usage_in_bytes"), ("memory.max", "memory.peak"))
"""A cgroup's limit and the most it ever held, by version 1 and by version 2."""


class Superset:
    """Superset in its own tab, by the words and marks of its own screens."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(SHOWN_WITHIN_MS)
        page.get_by_role("menuitem", name="Dashboards").wait_for(timeout=LAUNCH_WITHIN_MS)
        parts = urlsplit(page.url)
        self.origin = f"{parts.scheme}://{parts.netloc}"

    def go(self, path: str) -> None:
        self.page.goto(f"{self.origin}{path}")

    def choose(self, label: str, option: str) -> None:
        """One of Superset's searchable select boxes."""
        box = self.page.get_by_role("combobox", name=label).last
        box.scroll_into_view_if_needed()  # and stands still: a forced click does not wait for a dialog that is sliding in
        box.click(force=True)  # what is chosen now is painted over it
        box.fill(option)
        self.page.locator(".ant-select-item-option:visible", has_text=option).first.click()

    def ask(self, database: str, query: str) -> None:
        """Type a query into SQL Lab and run it."""
        self.go("/sqllab/")
        self.page.locator(".ace_editor").first.wait_for()
        selector = self.page.locator("[data-test=DatabaseSelector]").first
        if database not in selector.inner_text():
            selector.click()
            self.choose("Select database or type to search databases", database)
            self.page.get_by_role("button", name="Select", exact=True).click()
        self.page.locator(".ace_text-input").first.focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(query)
        run = self.page.locator("[data-test=run-query-action]")
        expect(run).to_be_enabled()
        run.click()

    def expect_result(self, text: str) -> None:
        expect(self.page.locator(".SouthPane, [data-test=south-pane]").get_by_text(text).first).to_be_visible(
            timeout=SHOWN_WITHIN_MS
        )

    def save_query(self, name: str) -> None:
        self.page.get_by_role("button", name="Save", exact=True).first.click()
        dialog = self.page.get_by_role("dialog", name="Save query")
        dialog.get_by_role("textbox").first.fill(name)
        dialog.get_by_role("button", name="Save", exact=True).click()
        dialog.wait_for(state="hidden")

    def save_chart_as(self, slice_id: int, name: str) -> None:
        self.go(f"/explore/?slice_id={slice_id}")
        self.page.locator("[data-test=query-save-button]").click()
        self.page.locator("[data-test=saveas-radio]").check()
        self.page.locator("[data-test=new-chart-name]").fill(name)
        self.page.locator("[data-test=btn-modal-save]").click()
        self.page.locator("[data-test=new-chart-name]").wait_for(state="hidden")

    def upload_csv(self, file: Path, *, database: str, table: str) -> None:
        # The menu is drawn again when it learns that a database takes uploads, and loses a click.
        with self.page.expect_response(re.compile("upload_is_enabled")):
            self.go("/superset/welcome/")
        self.page.wait_for_load_state("networkidle")
        self.page.locator("[data-test=new-dropdown-icon]").hover()
        self.page.locator("[data-menu-id$=sub2_Data]").hover()
        item = self.page.get_by_text("Upload CSV to database")
        item.click()
        # The menu may stay open under the pointer, over the dialog, and take a forced click.
        self.page.mouse.move(0, 0)
        item.wait_for(state="hidden")
        dialog = self.page.get_by_role("dialog", name="CSV upload")
        dialog.locator("input[type=file]").set_input_files(file)
        self.choose("Select a database", database)
        dialog.get_by_label("Table Name").fill(table)
        dialog.get_by_role("button", name="Upload", exact=True).click()

    def expect_uploaded(self) -> None:
        self.page.get_by_role("dialog", name="CSV upload").wait_for(state="hidden", timeout=UPLOADED_WITHIN_MS)
        expect(self.page.get_by_text("Data imported")).to_be_visible(timeout=SHOWN_WITHIN_MS)

    def expect_listed(self, path: str, name: str) -> None:
        self.go(path)
        expect(self.page.get_by_text(name, exact=True).first).to_be_visible(timeout=SHOWN_WITHIN_MS)


def launch(student: Student) -> Superset:
    button = student.portal.get_by_role("button", name=re.compile("Launch Workspace|Try again"))
    expect(button).to_be_enabled(timeout=LAUNCH_WITHIN_MS)
    with student.context.expect_page() as opened:
        button.click()
    return Superset(opened.value)


def test_a_data_student_finds_everything_again_after_a_stop(
    product: Product, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    student = Student(new_page(), product, product.accounts()["deepa"])
    student.sign_in()
    expect(student.portal.get_by_text("An online shop to explore")).to_be_visible()
    superset = launch(student)

    superset.ask("Sample shop", QUERY)
    superset.expect_result("sold")
    superset.save_query("What sells")
    superset.save_chart_as(1, "My first chart")
    weather = tmp_path / "weather.csv"
    weather.write_text("city,degrees\nOslo,4\nPorto,17\n")
    superset.upload_csv(weather, database="My data", table="weather")
    superset.expect_uploaded()
    superset.ask("My data", "SELECT city FROM weather WHERE degrees > 10")
    superset.expect_result("Porto")
    expect(student.portal.get_by_text(re.compile("^You (ran a query|worked in SQL Lab)"))).to_be_visible(
        timeout=90_000  # a running workspace's agent is asked once a minute
    )
    superset.page.close()

    student.stop()
    again = launch(student)
    again.expect_listed("/chart/list/", "My first chart")
    again.expect_listed("/savedqueryview/list/", "What sells")
    again.expect_listed("/tablemodelview/list/", "weather")
    again.go("/sqllab/")
    # Superset's server keeps the tabs and their text: this new page has no browser storage.
    expect(again.page.locator("[data-test=sql-editor-tabs]")).to_be_visible()
    expect(again.page.locator(".ace_content").first).to_contain_text("weather")
    again.ask("My data", "SELECT max(degrees) AS warmest FROM weather")
    again.expect_result("17")
    assert student.complaints == []
    expect_forked(product)


def expect_forked(product: Product) -> None:
    """Students would not notice a template that does not get warm: it is only slower."""
    log = (product.home / "h/logs/engine.log").read_text()
    assert "the prefork template of superset" in log
    assert "without a prefork template" not in log


@pytest.mark.root  # an ordinary user to whom no cgroup is delegated has no memory limit
def test_an_upload_of_ten_megabytes_fits_into_the_memory_of_a_task(
    product: Product, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    student = Student(new_page(), product, product.accounts()["emil"])
    student.sign_in()
    superset = launch(student)
    row = "2026-03-01,some words about it,12345,0.5,Oslo\n"
    rows = 10 * 2**20 // len(row)
    sales = tmp_path / "sales.csv"
    sales.write_text("day,words,n,share,city\n" + row * rows)
    superset.upload_csv(sales, database="My data", table="ten")
    superset.expect_uploaded()
    superset.expect_listed("/tablemodelview/list/", "ten")
    assert most_memory_of_a_task(product, limit=MEMORY_MAX_BYTES) > 10 * 2**20


def most_memory_of_a_task(product: Product, *, limit: int) -> int:
    """Bytes, as the kernel counted them for tasks with this limit; 0 when no task has it."""
    return max(
        (
            int((cgroup / most).read_text())
            for cgroup in cgroups_of_tasks(product)
            for limited, most in MEMORY_FILES
            if (cgroup / limited).exists() and (cgroup / limited).read_text().strip() == str(limit)
        ),
        default=0,
    )


def cgroups_of_tasks(product: Product) -> set[Path]:
    """Of version 1 one for each controller, of version 2 one for all."""
    inside = [process for pid in School(product).sandboxes() for process in psutil.Process(pid).children()]
    lines = [line for process in inside for line in Path(f"/proc/{process.pid}/cgroup").read_text().splitlines()]
    return {
        Path("/sys/fs/cgroup", controller, path[1:]) for _, controller, path in (line.split(":", 2) for line in lines)
    }


def test_a_full_stack_student_is_refused_superset_and_an_instructor_may_choose(
    product: Product, new_page: Callable[..., Page]
) -> None:
    fsd = Student(new_page(), product, product.accounts()["chloe"])
    fsd.sign_in()
    answer = create(fsd, "superset")
    assert answer.status == 403
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["reason"] == "kind_not_allowed"
    expect(fsd.portal.get_by_role("radio")).to_have_count(0)

    instructor = Student(new_page(), product, product.accounts()["instructor"])
    instructor.sign_in()
    instructor.portal.get_by_role("radio", name=re.compile("Apache Superset")).check()
    launch(instructor).page.close()
    instructor.expect_state("Running")


def test_twenty_launches_at_once_are_all_in_and_none_is_another_students(product: Product) -> None:
    school = School(product)
    students = school.enroll(20, track="DP")
    with ThreadPoolExecutor(len(students)) as everybody:
        launches = list(everybody.map(lambda student: student.launch(), students))
        inside = list(everybody.map(lambda student: student.ask_inside("/api/v1/me/").json()["result"], students))
    assert len({launch.workspace_id for launch in launches}) == len(students)
    assert [person["email"] for person in inside] == [student.email for student in students]
    school.stop_all(students)


def create(student: Student, kind: str) -> APIResponse:
    cookies = {cookie["name"]: cookie["value"] for cookie in student.context.cookies(student.product.url)}
    return student.portal.request.post(
        f"{student.product.url}/api/workspace/create/",
        headers={"x-csrftoken": cookies["apranova_csrf"], "origin": student.product.url},
        data={"kind": kind},
    )
