"""The table of `docs/security/README.md`: each requirement has a command, a test that tampers and a page, and all of them exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from golive.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/security/README.md"
REQUIRED = {"H1", "H2", "H3", "F4", "C4"}
SCRIPTS = {"oem_provision_license.py": "provision", "scripts/generate_mtls_bundle.py": "mtls"}
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.read_text().splitlines()
    if re.match(r"\| [A-Z]\d ", line)
]


def test_every_requirement_has_a_row() -> None:
    assert {row[0].split()[0] for row in ROWS} == REQUIRED
    assert all(len(row) == 4 for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_what_a_row_names_exists(row: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    _, command, test, page = row
    _demand_command(command.strip("`").split(), capsys)
    file, name = test.strip("`").split("::")
    functions = {
        node.name
        for node in ast.parse((ROOT / file).read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name in functions
    link = re.fullmatch(r"\[(.+)\]\((.+)\)", page)
    assert link is not None
    text = (PAGE.parent / link[2]).read_text()
    assert command.strip("`") in text, f"{link[2]} does not show {command}"


def _demand_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Ask a command line for its help: a script stands for the command that it calls."""
    if words[0] == "python":
        assert (ROOT / words[1]).is_file()
        words = ["golive", SCRIPTS[words[1]], *words[2:]]
    assert words[0] == "golive"
    named = [word for word in words[1:] if not word.startswith("--")]
    assert main([*named, "--help"]) == 0, words
    shown = capsys.readouterr().out
    assert f"Usage: {' '.join(['golive', *named])} " in shown
    assert all(f"{word} " in shown for word in words if word.startswith("--"))
