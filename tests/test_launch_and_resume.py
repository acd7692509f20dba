"""The product's main job: launch, work, leave, be stopped, come back and find all as it was."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product, fixed_pool
from tests.student import Student, VSCode
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

IDLE_S = 60
WARNING_S = 30
STILL_ACTIVE_S = 60
"""VS Code calls a window active until a minute after the last key."""
SLOW_MACHINE_S = 60


@pytest.fixture(scope="module")
def impatient_product() -> Iterator[Product]:
    """Stops a workspace after seconds of idleness. It has no warm pool."""
    running = Product(
        {
            "APRANOVA_IDLE_TIMEOUT_S": str(IDLE_S),
            "APRANOVA_IDLE_WARNING_S": str(WARNING_S),
            "APRANOVA_SWEEP_INTERVAL_S": "5",
            **fixed_pool(0),
        }
    )
    try:
        running.start()
        yield running
        assert running.stop() == 0
    finally:
        running.remove()


def launch_path(student: Student) -> str:
    answer = student.portal.request.get(f"{student.product.url}/api/workspace/").json()
    path: str = answer["items"][0]["launch_path"]
    return path


def test_a_student_works_is_stopped_while_away_and_resumes_and_another_keeps_running(
    impatient_product: Product, new_page: Callable[..., Page]
) -> None:
    keeper = Student(new_page(), impatient_product, impatient_product.accounts()["ben"])
    keep_running(keeper)
    student = Student(new_page(), impatient_product, impatient_product.accounts()["amira"])
    student.sign_in()
    code = student.launch()
    assert launch_path(student) == "cold"
    code.make_file("notes.txt", "made in the terminal")
    code.open_file("notes.txt")
    code.expect_text("made in the terminal")
    code.page.keyboard.press("Control+End")
    code.page.keyboard.type("typed in the editor")
    code.new_untitled("never saved under a name")
    work_until_seen(student, code)

    # Both tabs stay open and nobody types. The portal warns, then the workspace stops.
    student.expect_state("Stopping soon", within_s=STILL_ACTIVE_S + IDLE_S + SLOW_MACHINE_S)
    expect(code.page.get_by_text(re.compile("Keep running", re.IGNORECASE)).first).to_be_visible(timeout=30_000)
    student.expect_state("Stopped", within_s=STILL_ACTIVE_S + IDLE_S + SLOW_MACHINE_S)
    keeper.expect_state("Running", within_s=1)
    expect(student.portal.get_by_text(re.compile("without activity.*saved", re.DOTALL | re.IGNORECASE))).to_be_visible()

    # Coming back with a fresh browser: same files, same open editors, unsaved text included.
    again = Student(new_page(), impatient_product, student.account)
    again.sign_in()
    resumed = again.launch()
    for tab in ("notes.txt", "Untitled"):
        expect(resumed.page.locator(".tab", has_text=tab).first).to_be_visible(timeout=30_000)
    resumed.show_tab("Untitled", "never saved under a name")
    resumed.show_tab("notes.txt", "typed in the editor")
    assert student.complaints == []
    assert again.complaints == []


def work_until_seen(student: Student, code: VSCode) -> None:
    """Type until the dashboard shows it: an agent is asked once a minute, and before a warning."""
    told = student.portal.get_by_text(re.compile("^You (typed in the editor|used the terminal)"))
    deadline = time.monotonic() + 2 * IDLE_S
    while not told.is_visible():
        assert time.monotonic() < deadline, "the dashboard never told that the student typed"
        code.page.keyboard.type(" nor saved")
        code.page.wait_for_timeout(3_000)


def keep_running(student: Student) -> None:
    """Launch, ask to be kept running, and do nothing any more."""
    student.sign_in()
    student.launch().page.close()
    student.portal.get_by_role("button", name="Keep running").click()
    student.portal.get_by_role("menuitem", name=re.compile("1 hour")).click()
    expect(
        student.portal.get_by_text(re.compile("Kept running until|Keeps running until", re.IGNORECASE))
    ).to_be_visible()


def test_a_warm_launch_uses_the_pool_and_stop_keeps_the_files(product: Product, new_page: Callable[..., Page]) -> None:
    student = Student(new_page(), product, product.accounts()["chloe"])
    student.sign_in()
    wait_for_a_warm_task(product)
    code = student.launch()
    assert launch_path(student) == "warm"
    code.terminal("mkdir -p deep && echo kept > deep/file.txt")
    code.expect_file("deep")
    code.make_file("wrong.py", 'count: int = "text"')
    code.open_from_explorer("wrong.py")
    code.expect_problem()  # its extensions are there, although the home came after the start of VS Code
    student.stop()
    resumed: VSCode = student.launch()
    resumed.terminal("cp deep/file.txt copy.txt")
    resumed.expect_file("copy.txt")
    assert student.complaints == []


def wait_for_a_warm_task(product: Product) -> None:
    until(lambda: "Warm pool: 0 ready" not in product.run("status").stdout, product.logs, within_s=60, every_s=0.5)
