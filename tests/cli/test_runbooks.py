"""The runbooks of the exchanges say what there is: commands that parse, fields of the summary, tests, files, settings, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml
from typer._click.core import Command, Context
from typer._click.exceptions import UsageError
from typer.core import TyperGroup

from golive.cli.main import app
from golive.observability.summary import SUMMARY
from support.configuration import ROOT, RUNTIME

FOLDER = ROOT / "docs/runbooks"
PAGES = sorted(FOLDER.glob("*.md"))
VENUES = ("okx", "kraken", "bybit")


def commands(page: Path) -> list[list[str]]:
    """Return the words after `$golive` in every block and every quotation of a page, up to a pipe."""
    said = re.findall(r"\$golive ([^|`\n]+)", page.read_text())
    return [shlex.split(words, comments=True) for words in said]


def parse(words: list[str]) -> None:
    """Resolve a command and its arguments as the command line does, without running it."""
    command: Command = typer.main.get_command(app)
    context: Context | None = None
    while True:
        context = command.make_context(command.name, list(words), parent=context)
        if not isinstance(command, TyperGroup):
            return
        name, found, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None, name
        command = found


def test_every_exchange_has_its_page_and_all_share_one() -> None:
    pages = sorted(FOLDER.glob("*_go_live.md"))
    assert [page.name for page in pages] == sorted([*(f"{venue}_go_live.md" for venue in VENUES), "exchange_go_live.md"])


@pytest.mark.parametrize(
    ("page", "words"),
    [(page.stem, words) for page in PAGES for words in commands(page)],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_command_of_a_runbook_is_one_of_ours(page: str, words: list[str]) -> None:
    parse(words)


def test_a_command_that_is_none_is_found_out() -> None:
    for wrong in (["report", "guardrail"], ["venue", "check"], ["run", "--mode", "paper", "--entry", "x"]):
        with pytest.raises(UsageError):
            parse(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_runbook_names_is_there(page: Path) -> None:
    text = page.read_text()
    if page.stem.endswith("_go_live"):  # others have a `summary` of their own, that of reports of models
        assert set(re.findall(r"`summary\.(\w+)`", text)) <= {*SUMMARY, "phase"}
    for file, function in re.findall(r"(tests/[\w/]+\.py)(?:::(\w+))?", text):
        assert f"def {function}" in (ROOT / file).read_text(), f"{file}::{function}"
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("venue", VENUES)
def test_the_checked_settings_are_those_that_are_shipped(venue: str) -> None:
    text = (ROOT / f"docs/runbooks/{venue}_go_live.md").read_text()
    [limits] = re.findall(r"`rate_limit_max=(\d)`, `network_errors_max=(\d)`, `health_min=([\d.]+)`", text)
    shipped = yaml.safe_load(RUNTIME)["execution"]["paper_profiles"][f"{venue}_paper"]["metrics"]["thresholds"]
    assert [float(each) for each in limits] == [shipped[key] for key in ("rate_limit_max", "network_errors_max", "health_min")]
