"""What an operator sees: the tables, the JSON, and one clear line for bad input."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from simulator.costs import report
from simulator.costs.__main__ import main
from simulator.costs.comparison import compare
from simulator.costs.model import Group
from simulator.costs.plan import Plan
from simulator.costs.price_book import OWN_PRICES, load_price_book
from simulator.planning.__main__ import main as simulate


def test_without_options_it_prints_the_documents_figures_and_the_true_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    for figure in ("$3,604", "$552", "84.7 %", "$1,167", "$11.67", "$87.60", "$360.00", "$447.60", "$3,052", "it says"):
        assert figure in text
    for line in ("Idle tails", "Warm pool", "NAT data", "ARM, on demand", "could not be verified"):
        assert line in text


def test_own_numbers_are_not_shown_beside_what_the_document_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--students", "250", "--hours", "60"]) == 0
    text = capsys.readouterr().out
    assert "250 students, 60 hours each" in text
    assert "it says" not in text


def test_the_entry_script_may_pass_its_command_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["costs", "--json"]) == 0
    assert main(["--json"]) == 0
    first, second = capsys.readouterr().out.split("\n}\n", 1)
    assert json.loads(first + "}") == json.loads(second)


def test_the_json_has_the_same_figures_as_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--students", "40", "--arch", "arm", "--spot", "0.25", "--assume", "home_gb=20"]
    assert main([*options, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["plan"]["home_gb"] == 20
    assert content["task"]["arch"] == "arm"
    assert content["on_demand"]["lines"][0]["name"] == "Backend and frontend"
    assert sum(line["dollars"] for line in content["on_demand"]["lines"]) == pytest.approx(
        content["on_demand"]["total"]
    )
    assert main(options) == 0
    assert f"${content['on_demand']['total']:,.2f}" in capsys.readouterr().out


def test_a_price_file_of_the_operator_changes_the_bill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        OWN_PRICES.read_text(encoding="utf-8").replace("price = 0.04048", "price = 0.08096"), encoding="utf-8"
    )
    assert main(["--json", "--prices", str(path)]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["document"]["always_on"] == pytest.approx(3604.01 + 0.04048 * 730 * 100)
    assert content["prices"]["file"] == str(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--students", "0"], "students must be from 1"),
        (["--hours", "731"], "hours must be from 0 to 730"),
        (["--hours", "nan"], "hours must be"),
        (["--pool", "-1"], "pool must be"),
        (["--spot", "1.5"], "from 0 to 1, not 1.5"),
        (["--spot", "nan"], "from 0 to 1"),
        (["--assume", "home_gb"], "expects NAME=VALUE"),
        (["--assume", "home=3"], "there is no 'home'"),
        (["--assume", "home_gbs=3"], "did you mean home_gb?"),
        (["--assume", "home_gb=large"], "home_gb must be a number"),
        (["--assume", "pool=3"], "option of its own: --pool"),
        (["--prices", "/nowhere.toml"], "cannot be read"),
    ],
)
def test_bad_input_gives_one_clear_line_and_exit_code_2(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("options", [["--arch", "mips"], ["--students", "many"], ["--stud", "3"]])
def test_an_option_that_is_not_understood_ends_with_exit_code_2(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("main", [main, simulate])
def test_help_shows_examples(main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "examples:" in capsys.readouterr().out


def test_all_assumptions_and_all_prices_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--assumptions"]) == 0
    assert "image_nat_share" in capsys.readouterr().out
    assert main(["--show-prices"]) == 0
    text = capsys.readouterr().out
    assert "fargate_x86_vcpu_hour  0.04048 for one vCPU-hour" in text
    assert "0.0000166667" in text
    assert "https://" in text


def test_the_guide_shows_what_the_command_prints() -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/costs.md").read_text(encoding="utf-8")
    comparison = compare(Plan(), load_price_book())
    rows = {row.split("|")[1].strip(): row.split("|")[3].strip() for row in guide.splitlines() if row.count("|") >= 5}
    for group in Group:
        assert rows[group.value] == f"${comparison.on_demand.group(group):,.0f}"
    assert rows["Total"] == f"${comparison.on_demand.total:,.0f}"
    assert rows["Per student"] == f"${comparison.on_demand.per_student:,.2f}"
    assert rows["Saved on workspaces"] == f"{100 * comparison.workspace_saving_share:.1f} %"


def test_amounts_are_whole_on_a_narrow_terminal(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+", encoding="utf-8") as file:
        report.show(compare(Plan(students=100_000), load_price_book()), Console(file=file, width=80, highlight=False))
        file.seek(0)
        text = file.read()
    assert "…" not in text.replace("if …", "")
    assert "$3,604,010" in text
