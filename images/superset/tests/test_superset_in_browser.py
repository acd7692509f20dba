"""Superset's pages in Chromium: as a student sees them, and what they ask of whom."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from contract.names import IDENTITY_HEADER
from images.superset.tests.conftest import Desk
from images.vscode.tests.gateway import Gateway
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@dataclass
class Visit:
    page: Page
    gateway: Gateway
    desk: Desk
    wrong: list[str] = field(default_factory=list)

    def go(self, target: str) -> None:
        self.page.goto(self.gateway.url + target)

    def static_files_asked_of_the_workspace(self) -> list[str]:
        return [target for target in self.gateway.task_requests if "static" in target or target.startswith("/_shared")]


@pytest.fixture
def visit(new_desk: Callable[..., Desk], image: dict[str, object], browser: Browser) -> Iterator[Visit]:
    desk = new_desk(student_name="Ada Lovelace")
    gateway = Gateway(desk.task.socket_path, image["static"], lambda: {IDENTITY_HEADER: desk.token()})  # type: ignore[arg-type]
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    visit = Visit(context.new_page(), gateway, desk)
    visit.page.on("pageerror", lambda error: visit.wrong.append(str(error)))
    visit.page.on("console", lambda message: message.type == "error" and visit.wrong.append(message.text))
    visit.page.on(
        "request",
        lambda request: request.url.startswith((gateway.url, "data:", "blob:")) or visit.wrong.append(request.url),
    )
    visit.page.on("response", lambda answer: answer.status < 400 or visit.wrong.append(f"{answer.status} {answer.url}"))
    yield visit
    context.close()
    gateway.close()


def test_the_first_day_shows_a_dashboard_with_data_and_asks_nobody_outside(visit: Visit) -> None:
    visit.go("/")
    visit.page.get_by_text("Sample shop: a tour").first.click()
    expect(visit.page.get_by_text("Welcome to your Superset")).to_be_visible()
    expect(visit.page.get_by_text("$591,374").or_(visit.page.get_by_text("$591k")).first).to_be_visible()
    expect(visit.page.locator("canvas")).to_have_count(5)
    visit.go("/chart/list/")
    expect(visit.page.get_by_text("Revenue by country")).to_be_visible()
    visit.go("/explore/?slice_id=3")
    expect(visit.page.locator("canvas").first).to_be_visible()
    assert visit.static_files_asked_of_the_workspace() == []
    assert visit.gateway.static_requests > 40
    assert visit.wrong == []


def test_sql_lab_begins_with_a_query_and_its_tab_is_there_after_a_stop(visit: Visit) -> None:
    visit.go("/sqllab/")
    expect(visit.page.get_by_text("First look").first).to_be_visible()
    # The page sends what was typed every few seconds.
    with visit.page.expect_response(lambda answer: "/tabstateview/" in answer.url and answer.request.method == "PUT"):
        visit.page.locator(".ace_content").first.click()
        visit.page.keyboard.press("Control+End")
        visit.page.keyboard.type("-- my own words ")
    visit.page.get_by_role("button", name="Run", exact=False).first.click()
    expect(visit.page.get_by_text("margin_percent").last).to_be_visible()
    expect(visit.page.get_by_text("Coffee & Tea").last).to_be_visible()
    assert visit.desk.task.status()["activity_reason"] in ("ran a query", "looked at results", "worked in SQL Lab")
    visit.desk.stop()
    visit.desk.start()
    visit.gateway.lead_to(visit.desk.task.socket_path)
    visit.go("/sqllab/")
    expect(visit.page.get_by_text("First look").first).to_be_visible()
    expect(visit.page.get_by_text("my own words").first).to_be_visible()
    assert visit.static_files_asked_of_the_workspace() == []
    # Its grid logs an error about a part that Superset lacks; a request elsewhere would be our
    # fault.
    assert [each for each in visit.wrong if each.startswith("http")] == []


def test_the_tour_fits_and_sql_lab_opens_with_a_schema_at_1280_px(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    visit.go("/superset/dashboard/sample-shop/")
    expect(visit.page.get_by_text("Your turn")).to_be_visible()
    cut = "[...document.querySelectorAll('.dashboard-markdown')].filter(it => [it, ...it.querySelectorAll('*')].some(one => one.getBoundingClientRect().bottom > it.getBoundingClientRect().bottom + 1)).length"
    assert visit.page.evaluate(cut) == 0
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 1280
    visit.go("/sqllab/")
    visit.page.locator("[data-test='add-tab-icon']").first.click()
    expect(visit.page.get_by_text("Untitled Query 1").first).to_be_visible()
    expect(visit.page.get_by_text("Select schema")).to_have_count(0)
    # A spinner may stay in the button while other requests of the page wait.
    expect(visit.page.get_by_role("button", name=re.compile(r"^(loading )?main$"))).to_be_visible()
    visit.page.get_by_role("treeitem", name="main").click()
    expect(visit.page.get_by_text("order_lines").first).to_be_visible()


def test_pages_tell_that_the_workspace_stops_keep_it_and_tell_that_it_has_stopped(visit: Visit) -> None:
    visit.go("/chart/list/")
    expect(visit.page.get_by_text("Revenue by country")).to_be_visible()
    status = visit.page.get_by_role("status").filter(has_text="This workspace stops soon")

    def warned() -> bool:
        """A page that is still being opened takes a warning back, so this warns until it shows."""
        warning = {
            "stops_at": time.time() + 290,
            "text": "This workspace stops soon: nobody has used it for 25 minutes",
        }
        assert visit.desk.task.control("POST", "warn", warning)[0] == 200
        expect(status).to_be_visible(timeout=6_000)  # pages look every 5 s
        return True

    until(warned, ignoring=AssertionError)
    expect(status).to_contain_text("It stops in 4:")
    assert visit.desk.task.status()["keep_running_wish_until"] is None
    visit.page.get_by_role("button", name="Keep running").click()
    expect(status).to_be_hidden()
    assert visit.desk.task.status()["keep_running_wish_until"] > time.time() + 7000
    assert visit.desk.task.status()["activity_reason"] == "asked to keep running"
    visit.desk.stop()
    stopped = visit.page.get_by_role("alert").filter(has_text="This workspace has stopped")
    expect(stopped).to_be_visible(timeout=15_000)
    visit.desk.start()
    visit.gateway.lead_to(visit.desk.task.socket_path)
    expect(stopped).to_be_hidden()


def test_a_map_of_points_has_a_base_map_and_asks_nobody_outside(visit: Visit) -> None:
    assert visit.desk.upload("places", b"city,lon,lat\nVienna,16.37,48.21\nLima,-77.04,-12.05\n").status == 201
    datasets = visit.desk.api("GET", "/api/v1/dataset/").json["result"]
    places = next(each["id"] for each in datasets if each["table_name"] == "places")
    spatial = {"type": "latlong", "lonCol": "lon", "latCol": "lat"}
    for style in ("tile:///map", "https://tile.openstreetmap.org/{z}/{x}/{y}.png"):  # ours, and Superset's own default
        form = {"viz_type": "deck_scatter", "datasource": f"{places}__table", "spatial": spatial, "mapbox_style": style}
        params = {**form, "point_radius_fixed": {"type": "fix", "value": "200000"}, "row_limit": 10}
        chart = {"slice_name": "Places", "viz_type": "deck_scatter", "datasource_id": places, "datasource_type": "table", "params": json.dumps(params)}  # fmt: skip
        made = visit.desk.api("POST", "/api/v1/chart/", chart)
        with visit.page.expect_response(lambda answer: "/static/map/" in answer.url) as tile:
            visit.go(f"/explore/?slice_id={made.json['id']}")
        assert tile.value.headers["content-type"] == "image/png"
    assert [each for each in visit.wrong if each.startswith("http") or " http" in each] == []


def test_a_dark_system_gets_dark_pages(visit: Visit, browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(f"{visit.gateway.url}/superset/welcome/")
    expect(page.get_by_text("Sample shop: a tour").first).to_be_visible()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(","))
    assert red + green + blue < 150
    context.close()
