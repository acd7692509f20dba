"""`kill -9` of any part leaves nothing that the product does not repair by itself."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from playwright.sync_api import Page

from tests.product import Product, fixed_pool
from tests.school import School
from tests.student import Student
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


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
    for pid in task_pids(fragile_product):
        os.kill(pid, signal.SIGKILL)
    student.expect_state("Stopped", within_s=30)
    resumed = student.launch()
    resumed.expect_file("precious.txt")


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


def test_the_death_of_the_shim_ends_its_sandboxes_and_the_next_launch_works(
    fragile_product: Product, new_page: Callable[..., Page]
) -> None:
    student = Student(new_page(), fragile_product, fragile_product.accounts()["chloe"])
    student.sign_in()
    code = student.launch()
    code.make_file("precious.txt", "precious")
    before = task_pids(fragile_product)
    os.kill(fragile_product.pids()["shim"], signal.SIGKILL)
    wait_until(lambda: not any(map(psutil.pid_exists, before)), "sandboxes outlived the shim", fragile_product)
    student.expect_state("Stopped", within_s=40)
    resumed = student.launch()
    resumed.expect_file("precious.txt")


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
