"""What commands say on stderr goes through one function that hides secrets."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from golive.cli.telling import tell

CLI = Path(__file__).resolve().parents[2] / "src/golive/cli"


def test_a_secret_is_hidden_by_its_name_in_what_a_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    tell("cannot say: GET /x?sign=UNGUARDED failed; password: UNGUARDED; golive --password UNGUARDED")
    assert capsys.readouterr().err == "cannot say: GET /x?sign=*** failed; password: ***; golive --password ***\n"


def test_nothing_but_plain_words_and_questions_goes_around_it() -> None:
    around = []
    for file in sorted(CLI.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("echo", "secho")):
                continue
            names = {word.arg for word in node.keywords}
            if "err" in names and "nl" not in names and not isinstance(node.args[0], ast.Constant):
                around.append(f"{file.name}:{node.lineno}")
    assert [each for each in around if not each.startswith(("telling.py", "main.py"))] == [], "use golive.cli.telling.tell"
