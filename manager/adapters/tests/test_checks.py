"""Checks of assignments in real sandboxes: what they give, and what a cheating one cannot reach."""

from __future__ import annotations

import base64
import http.server
import io
import re
import secrets
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from contract.checks import OUTPUT_BYTES_MAX, CheckAnswer, CheckRequest, CheckState
from manager.adapters.tests.engine_under_test import EngineUnderTest

pytestmark = pytest.mark.sandbox


def zipped(**files: str) -> str:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return base64.b64encode(kept.getvalue()).decode()


def request(command: str, *, time_limit_s: int = 20, check_files: str = "", **files: str) -> CheckRequest:
    copy = zipped(**(files or {"main__py": "print(6 * 7)\n"}))
    return CheckRequest(secrets.token_hex(8), "loops", command, time_limit_s, copy, check_files)


def run(engine: EngineUnderTest, wanted: CheckRequest) -> CheckAnswer:
    deadline = time.monotonic() + 60
    while (answer := engine.runner.check(wanted)).state in (CheckState.WORKING, CheckState.BUSY):
        assert time.monotonic() < deadline
    return answer


def test_the_command_runs_in_the_copy_and_its_output_and_exit_code_come_back(engine: EngineUnderTest) -> None:
    answer = run(engine, request("pwd; python3 main.py; echo wrong >&2; exit 3"))
    assert (answer.state, answer.exit_code, answer.timed_out) == (CheckState.DONE, 3, False), engine.log.read_text()
    assert answer.output == "/home/student/project/loops\n42\nwrong\n"


def test_the_files_of_the_check_lie_over_those_of_the_copy(engine: EngineUnderTest) -> None:
    answer = run(engine, request("cat main.py test.py", check_files=zipped(test__py="the check's\n"), test__py="mine"))
    assert answer.failure == ""
    assert "the check's" in answer.output
    assert "mine" not in answer.output


def test_nothing_of_the_copy_is_in_the_way_of_the_files_of_the_check(engine: EngineUnderTest) -> None:
    check_files = zipped(test__py="the check's\n", **{"tests/data__txt": "42\n"})
    copy = {"test.py/mine__txt": "mine", "tests": "mine", "main__py": "kept\n"}
    answer = run(engine, request("cat test.py tests/data.txt main.py", check_files=check_files, **copy))
    assert answer.output == "the check's\n42\nkept\n"


def test_a_check_ends_before_anybodys_editor_when_memory_runs_out(engine: EngineUnderTest) -> None:
    assert run(engine, request("cat /proc/self/oom_score_adj")).output == "1000\n"


def test_a_check_that_takes_too_long_is_ended(engine: EngineUnderTest) -> None:
    answer = run(engine, request("echo begun; setsid sleep 300 & sleep 300", time_limit_s=1))
    assert answer.timed_out
    assert answer.output == "begun\n"
    assert answer.seconds < 10


def test_output_without_end_is_bounded_and_its_end_is_kept(engine: EngineUnderTest) -> None:
    answer = run(engine, request("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo 2 passed"))
    assert answer.output_cut
    assert answer.output.endswith("2 passed\n")
    assert len(answer.output) < OUTPUT_BYTES_MAX + 100


def test_a_flood_of_output_waits_for_the_engine_and_does_not_keep_it_busy(engine: EngineUnderTest) -> None:
    answer = run(engine, request("timeout -s INT 2 dd if=/dev/zero bs=64k"))
    written = re.search(r"(\d+) bytes", answer.output)
    assert written is not None, answer
    assert int(written[1]) < 50_000_000  # gigabytes, if the engine took all that comes


def test_it_has_no_network_and_no_way_to_our_proxy(engine: EngineUnderTest) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        reach = f"exec 3<>/dev/tcp/127.0.0.1/{server.server_port}"
        answer = run(engine, request(f"({reach}) 2>/dev/null || echo nothing; ls -A /run; grep -c : /proc/net/dev"))
    finally:
        server.shutdown()
        server.server_close()
    lines = answer.output.split()
    assert lines[0] == "nothing"
    assert "egress.sock" not in lines
    assert "task" not in lines
    assert lines[-1] == "1"


def test_it_sees_no_home_no_descriptor_of_ours_and_nothing_of_another_check(engine: EngineUnderTest) -> None:
    engine.new_home(secret="of another student")
    left = run(engine, request("echo leaked > /tmp/left; echo leaked > ~/left; ls -A ~"))
    assert left.output == "left\nproject\n"
    answer = run(engine, request("ls -A ~; ls -A /tmp; ls /proc/self/fd | wc -l; ls /; ps -eo args | grep -c sleep"))
    assert "left" not in answer.output
    assert str(engine.base) not in answer.output
    assert answer.output.split()[:2] == ["project", "4"], answer.output  # 0, 1, 2 and that of ls


def test_an_asked_for_run_that_nobody_knows_is_said_so(engine: EngineUnderTest) -> None:
    unknown = CheckRequest("never", "loops", "true", 5)
    assert engine.runner.check(unknown).state is CheckState.UNKNOWN


def test_zips_that_lead_out_of_the_folder_are_refused(engine: EngineUnderTest) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("../../.bashrc", "evil")
    bad = CheckRequest("bad", "loops", "true", 5, base64.b64encode(kept.getvalue()).decode())
    answer = run(engine, bad)
    assert answer.state is CheckState.FAILED
    assert "leads out of the folder" in answer.failure


def test_a_check_that_is_full_of_memory_says_so_or_ends(engine: EngineUnderTest) -> None:
    answer = run(engine, request("python3 -c 'x = bytearray(1 << 31); print(len(x))'"))
    assert answer.exit_code != 0


def test_checks_wait_for_their_turn_and_all_come_to_their_end(engine: EngineUnderTest) -> None:
    wanted = [request(f"echo {number}; sleep 0.2") for number in range(6)]
    with ThreadPoolExecutor(len(wanted)) as pool:
        answers = list(pool.map(partial(run, engine), wanted))
    assert [answer.output for answer in answers] == [f"{number}\n" for number in range(6)]
