"""`kill -9` of any part leaves nothing that the product does not repair by itself."""

import contextlib
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from playwright.sync_api import Page, expect

from benchmarks import chaos
from tests.product import Product, fixed_pool
from tests.school import School
from tests.student import Student
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

KEEP_NOTICES = """() => {
    const keep = ({ addedNodes }) => {
        for (const node of addedNodes)
            if (node.getAttribute?.("role") === "alert")
                sessionStorage.told = (sessionStorage.told ?? "") + node.textContent;
    };
    new MutationObserver((changes) => changes.forEach(keep)).observe(document.body, { childList: true });
}"""
"""The page goes a second after its notice has come: whoever looks only now and then may miss it."""


@pytest.fixture(scope="module")
def fragile_product() -> Iterator[Product]:
    running = Product({"APRANOVA_SWEEP_INTERVAL_S": "3", **fixed_pool(1)})
    try:
        running.start()
        yield running
    finally:
        running.remove()


@pytest.mark.parametrize("part", ["engine", "manager", "envoy", "backend", "redis"])
def test_a_workspace_outlives_the_death_of(part: str, fragile_product: Product, new_page: Callable[..., Page]) -> None:
    student = Student(new_page(), fragile_product, fragile_product.accounts()["amira"])
    student.sign_in()
    state = workspace(student)
    code = student.open() if state and state["state"] == "running" else student.launch()
    before = task_pids(fragile_product)
    os.kill(fragile_product.pids()[part], signal.SIGKILL)
    wait_until(lambda: answers(student), "the product does not answer after the death of " + part, fragile_product)
    code.page.reload()
    code.wait_until_painted()
    code.make_file(f"after-{part}.txt", "alive")
    assert before & task_pids(fragile_product), "the task itself must have gone on"


def test_a_task_that_dies_is_recorded_and_the_next_launch_works(
    fragile_product: Product, new_page: Callable[..., Page]
) -> None:
    student = Student(new_page(), fragile_product, fragile_product.accounts()["ben"])
    student.sign_in()
    code = student.launch()
    code.make_file("precious.txt", "precious")
    code.page.close()  # an open editor would start it again
    for pid in task_pids(fragile_product):
        os.kill(pid, signal.SIGKILL)
    student.expect_state("Stopped", within_s=30)
    resumed = student.launch()
    resumed.expect_file("precious.txt")


@pytest.mark.parametrize("victim", ["agent", "code-server"])
def test_an_editor_whose_task_dies_says_so_and_comes_back_with_what_was_typed(
    victim: str, fragile_product: Product, new_page: Callable[..., Page]
) -> None:
    student = Student(new_page(), fragile_product, fragile_product.accounts()["amira"])
    student.sign_in()
    state = workspace(student)
    code = student.open() if state and state["state"] == "running" else student.launch()
    name = f"typed-{victim}.txt"
    code.make_file(name, "first line")
    code.open_file(name)
    code.expect_text("first line")
    code.page.locator(".editor-instance .view-lines").first.click()
    code.page.keyboard.press("Control+End")
    code.page.keyboard.type(f"typed before the {victim} died")
    code.page.wait_for_timeout(3_000)
    code.page.evaluate(KEEP_NOTICES)
    with code.page.expect_event("domcontentloaded", timeout=40_000):
        kill_in_sandbox(fragile_product, victim)
    code.page.wait_for_url(re.compile(r"//ws-"), timeout=40_000)
    code.wait_until_painted()
    assert "Your workspace" in code.page.evaluate("sessionStorage.told ?? ''")
    expect(code.page.locator(".tab", has_text=name).first).to_be_visible(timeout=40_000)
    code.open_file(name)
    code.expect_text(f"typed before the {victim} died")
    expect(code.page.get_by_role("alert").filter(has_text="Your workspace")).to_be_hidden()


def kill_in_sandbox(product: Product, victim: str) -> None:
    """In every sandbox: the agent itself, or what the agent started."""
    for pid in School(product).sandboxes():
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                words = " ".join(process.cmdline())
                is_agent, is_server = (
                    "/opt/apranova/task.py" in words and process.name() != "bwrap",
                    "/opt/code-server/server.js" in words,
                )
                if (is_agent and victim == "agent") or (is_server and victim == "code-server"):
                    process.kill()


def test_a_warm_task_that_dies_in_the_hands_of_a_launch_is_replaced_without_a_click(fragile_product: Product) -> None:
    """Frozen, so that the launch takes it, then killed while the claim waits for its answer."""
    school = School(fragile_product)
    everyone = [school.demo_student(name) for name in ("amira", "ben", "chloe")]
    school.stop_all(everyone)
    school.until_pool_is_full()
    dying = [part for pid in school.sandboxes() for part in with_children(pid)]
    for part in dying:
        with contextlib.suppress(psutil.NoSuchProcess):
            part.suspend()
    chloe, looks = everyone[-1], school.demo_student("chloe")

    def kill() -> None:
        wait_until(lambda: looks.workspace_state() == "starting", "the launch did not begin", fragile_product)
        for part in dying:
            with contextlib.suppress(psutil.NoSuchProcess):  # gone with its parent
                part.kill()

    with ThreadPoolExecutor(1) as beside:
        killed = beside.submit(kill)
        steps = chloe.launch().steps_at  # raises when the product tells of a failure
        killed.result()
    assert {"task_failed", "application_ready"} <= steps.keys()
    school.stop_all([chloe])


def test_the_death_of_the_shim_ends_its_sandboxes_and_open_editors_come_back(
    fragile_product: Product, new_page: Callable[..., Page]
) -> None:
    student = Student(new_page(), fragile_product, fragile_product.accounts()["chloe"])
    student.sign_in()
    code = student.launch()
    code.make_file("precious.txt", "precious")
    before = task_pids(fragile_product)
    with code.page.expect_event("domcontentloaded", timeout=40_000):
        os.kill(fragile_product.pids()["shim"], signal.SIGKILL)
        wait_until(lambda: not any(map(psutil.pid_exists, before)), "sandboxes outlived the shim", fragile_product)
    code.wait_until_painted()
    code.expect_file("precious.txt")


def test_a_student_under_dying_parts_loses_nothing_and_clicks_once(fragile_product: Product) -> None:
    """The short form of `./apranova chaos`: each part is struck at one launch and one stop."""
    school, found, chance = School(fragile_product), {}, random.Random(17)  # noqa: S311  repeatable
    ben = school.demo_student("ben")
    ben.launch()
    for number, part in enumerate(chaos.PARTS):
        blow = chaos.SIGNALS[number % 2]
        found[part] = chaos.Blows()
        chaos.strike_a_launch(school, ben, part, blow, found[part], chance)
        chaos.strike_a_stop(school, ben, part, blow, found[part], chance)
    assert {part: (blows.errors, blows.lost) for part, blows in found.items()} == dict.fromkeys(chaos.PARTS, ([], 0))


def test_nothing_is_left_when_the_supervisor_is_killed(fragile_product: Product) -> None:
    pids = set(fragile_product.pids().values()) | task_pids(fragile_product)
    os.kill(fragile_product.pids()["supervisor"], signal.SIGKILL)
    assert fragile_product.process is not None
    fragile_product.process.wait(10)
    wait_until(lambda: not any(alive(pid) for pid in pids), "processes outlived the supervisor", fragile_product)
    fragile_product.start()  # and the next start is an ordinary one


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def task_pids(product: Product) -> set[int]:
    return set(product.sandbox_processes())


def with_children(pid: int) -> list[psutil.Process]:
    outermost = psutil.Process(pid)
    return [outermost, *outermost.children(recursive=True)]


def workspace(student: Student) -> dict[str, str] | None:
    items: list[dict[str, str]] = student.portal.request.get(f"{student.product.url}/api/workspace/").json()["items"]
    return items[0] if items else None


def answers(student: Student) -> bool:
    try:
        return student.portal.request.get(f"{student.product.url}/api/workspace/", timeout=3000).ok
    except Exception:
        return False


def wait_until(condition: Callable[[], bool], complaint: str, product: Product, within_s: float = 40) -> None:
    time.sleep(0.5)  # the blow has landed before we look
    until(condition, lambda: complaint + product.logs(), within_s=within_s, every_s=0.2)
