"""The agent's end of the line to the extension, with good and bad windows."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contract.agent import HomeUseRequest, SaveAnswer, WarnRequest
from images.vscode.extension_link import GOODBYE_S, HEARD_WITHIN_S, ExtensionLink
from tests.waiting import until_in_this_loop


class Window:
    """One extension host, as the link sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, **message: Any) -> None:
        self.writer.write(json.dumps(message).encode() + b"\n")
        await self.writer.drain()

    async def hear(self) -> dict[str, Any]:
        return json.loads(await asyncio.wait_for(self.reader.readline(), 5))


class Desk:
    def __init__(self, folder: str) -> None:
        self.did: list[str] = []
        self.link = ExtensionLink(str(Path(folder, "e.sock")), now=lambda: 1_000.0, save_timeout_s=0.2)

    async def window(self, unsaved: int | None = None) -> Window:
        window = Window(*await asyncio.open_unix_connection(self.link.socket_path))
        await window.say(type="hello", version=1)
        if unsaved is not None:
            before = self.link.unsaved
            await window.say(type="unsaved", count=unsaved)
            await until_in_this_loop(lambda: self.link.unsaved == before + unsaved)
        return window


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        desk = Desk(folder)
        await desk.link.open(desk.did.append)
        yield desk


async def test_activity_has_reasons_in_plain_words(desk: Desk) -> None:
    window = await desk.window()
    await window.say(type="activity", what="typing")
    await window.say(type="activity", what="window")
    await window.say(type="activity", what=["forged"])
    await until_in_this_loop(lambda: len(desk.did) == 3)
    assert desk.did == ["typed in the editor", "were active in the editor", "were active in the editor"]


async def test_every_window_is_told_of_the_end_and_has_a_moment_to_show_it(desk: Desk) -> None:
    await desk.link.say_goodbye()
    windows = [await desk.window(unsaved=1), await desk.window(unsaved=1)]
    leaving = asyncio.ensure_future(desk.link.say_goodbye())
    for window in windows:
        assert not leaving.done()
        assert await window.hear() == {"type": "ended"}
        await window.say(type="ended")
    async with asyncio.timeout(HEARD_WITHIN_S):
        await leaving


async def test_a_window_that_does_not_show_the_end_holds_it_up_for_a_moment_only(desk: Desk) -> None:
    window = await desk.window(unsaved=1)
    leaving = asyncio.ensure_future(desk.link.say_goodbye())
    assert await window.hear() == {"type": "ended"}
    await asyncio.sleep(2 * GOODBYE_S)
    assert not leaving.done()
    await asyncio.wait_for(leaving, 5)


async def test_every_window_shows_memory_and_home_also_one_that_opens_later(desk: Desk) -> None:
    first = await desk.window()
    await until_in_this_loop(lambda: len(desk.link._windows) == 1)
    desk.link.show_memory(500, 768)
    desk.link.show_home_use(HomeUseRequest("4.5 GB of 5.0 GB", nearly_full=True))
    later = await desk.window()
    for window in (first, later):
        assert await window.hear() == {"type": "memory", "used_bytes": 500, "limit_bytes": 768}
        assert await window.hear() == {"type": "home_use", "text": "4.5 GB of 5.0 GB", "nearly_full": True}


async def test_every_window_shows_who_is_there_until_they_have_left(desk: Desk) -> None:
    window = await desk.window()
    desk.link.show_visitors("Ms Bell is here")
    assert await window.hear() == {"type": "visitors", "text": "Ms Bell is here"}
    later = await desk.window()
    assert await later.hear() == {"type": "visitors", "text": "Ms Bell is here"}
    desk.link.show_visitors("")
    assert await window.hear() == await later.hear() == {"type": "visitors", "text": ""}


async def test_windows_ask_for_themselves_when_a_call_for_help_changed(desk: Desk) -> None:
    window, other = await desk.window(unsaved=1), await desk.window(unsaved=1)
    desk.link.help_changed()
    assert await window.hear() == await other.hear() == {"type": "help_changed"}
    desk.link.show_visitors("Ms Bell is here")
    later = await desk.window()
    assert (await later.hear())["type"] == "visitors", "one that opens later asks anyway"


async def test_save_without_a_window_or_without_dirty_text_is_done_at_once(desk: Desk) -> None:
    assert await desk.link.save(sessions=0) == SaveAnswer(saved=True)
    await desk.window(unsaved=0)
    assert await desk.link.save(sessions=2) == SaveAnswer(saved=True)


async def test_save_asks_every_window_with_dirty_text_and_adds_up(desk: Desk) -> None:
    windows = [await desk.window(unsaved=2), await desk.window(unsaved=1)]
    saving = asyncio.ensure_future(desk.link.save(sessions=4))
    for window in windows:
        request = await window.hear()
        assert request["type"] == "save"
        await window.say(type="saved", id=request["id"], documents=2, failed=[])
    assert await saving == SaveAnswer(saved=True, documents=4)


async def test_a_document_that_cannot_be_saved_is_named(desk: Desk) -> None:
    window = await desk.window(unsaved=1)
    saving = asyncio.ensure_future(desk.link.save(sessions=2))
    request = await window.hear()
    await window.say(type="saved", id=request["id"], documents=1, failed=["notes.md"])
    assert await saving == SaveAnswer(saved=False, documents=1, failure="could not be saved: notes.md")


async def test_a_window_that_never_answers_makes_the_save_fail_in_time(desk: Desk) -> None:
    silent = await desk.window(unsaved=1)
    assert await desk.link.save(sessions=2) == SaveAnswer(saved=False, failure="the browser did not answer in time")
    assert not silent.writer.is_closing()


async def test_a_window_that_closes_meanwhile_has_left_its_text_in_the_backups(desk: Desk) -> None:
    window = await desk.window(unsaved=1)
    saving = asyncio.ensure_future(desk.link.save(sessions=2))
    await window.hear()
    window.writer.close()
    assert await saving == SaveAnswer(saved=True)


async def test_a_browser_that_is_gone_needs_no_save(desk: Desk) -> None:
    left_over = await desk.window(unsaved=3)
    assert await desk.link.save(sessions=0) == SaveAnswer(saved=True)
    assert not left_over.writer.is_closing()


async def test_a_warning_reaches_open_windows_and_later_ones_until_a_person_shows(desk: Desk) -> None:
    first = await desk.window(unsaved=0)
    desk.link.warn(WarnRequest(stops_at=1_300.0, text="soon"))
    warning = {"type": "warn", "stops_at": 1_300.0, "text": "soon", "may_keep": True}
    assert await first.hear() == warning
    second = await desk.window()
    assert await second.hear() == warning
    await second.say(type="activity", what="window")
    assert (await first.hear(), await second.hear()) == ({"type": "unwarn"}, {"type": "unwarn"})
    third = await desk.window(unsaved=0)
    third.writer.write_eof()
    assert await third.reader.read() == b""


async def test_a_notice_is_shown_once_in_the_first_window(desk: Desk) -> None:
    desk.link.notify(["Your home is full"])
    assert await (await desk.window()).hear() == {"type": "notice", "text": "Your home is full", "is_news": False}
    later = await desk.window(unsaved=1)
    await desk.link.say_goodbye()
    assert await later.hear() == {"type": "ended"}


async def test_a_warning_that_activity_does_not_prevent_stays_until_the_manager_takes_it_back(desk: Desk) -> None:
    window = await desk.window()
    await window.say(type="activity", what="typing")
    await until_in_this_loop(lambda: len(desk.did) == 1)
    desk.link.warn(WarnRequest(stops_at=1_300.0, text="your home is full", may_keep=False))
    assert (await window.hear())["may_keep"] is False
    await window.say(type="activity", what="typing")
    await until_in_this_loop(lambda: len(desk.did) == 2)
    desk.link.warn(WarnRequest(stops_at=0.0, text=""))
    assert await window.hear() == {"type": "unwarn"}


async def test_a_notice_while_people_work_is_shown_and_waits_for_a_window_if_there_is_none(desk: Desk) -> None:
    desk.link.warn(WarnRequest(stops_at=0.0, text="Your home is nearly full"))
    window = await desk.window()
    assert await window.hear() == {"type": "notice", "text": "Your home is nearly full", "is_news": False}
    desk.link.warn(WarnRequest(stops_at=0.0, text="Your home is over its limit"))
    assert await window.hear() == {"type": "notice", "text": "Your home is over its limit", "is_news": False}
    desk.link.tell("Read [this](command:workbench.action.quit)", is_news=True)
    assert (await window.hear())["text"] == "Read [this] (command:workbench.action.quit)", "no link of VS Code's"
    desk.link.tell("Your instructor handed out files", is_news=True)
    assert await window.hear() == {"type": "notice", "text": "Your instructor handed out files", "is_news": True}


async def test_keep_running_is_kept_and_counts_as_a_person(desk: Desk) -> None:
    window = await desk.window()
    await window.say(type="keep_running", until=8_200.5)
    await until_in_this_loop(lambda: desk.link.keep_running_wish_until == 8_200.5)
    assert desk.did == ["asked to keep running"]


@pytest.mark.parametrize(
    "line",
    [b"{broken\n", b"[1]\n", b'{"type":"saved","id":[1]}\n', b'{"type":"unsaved","count":"x"}\n', b"x" * 200_000],
)
async def test_nonsense_on_the_socket_breaks_nothing(desk: Desk, line: bytes) -> None:
    bad = await desk.window()
    bad.writer.write(line)
    bad.writer.write_eof()
    good = await desk.window(unsaved=0)
    await good.say(type="activity", what="typing")
    await until_in_this_loop(lambda: desk.did == ["typed in the editor"])
    assert desk.link.unsaved == 0
