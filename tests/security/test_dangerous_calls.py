"""No text becomes a command of a shell, a program, or a part of a query: each place that could is known, with its reason."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from golive.config.rbac import Role
from golive.model.clock import SECOND
from golive.security.certificate_maker import LeafRole, make_authority, make_leaf
from golive.storage.session_tokens import PATH, SessionTokens
from support.durable import ToldClock
from support.mtls import token_of
from support.sources import nodes, texts

Scan = Callable[[Sequence[ast.AST]], Iterator[str]]

STARTED = {
    "cli/simvenue.py": "execv: this interpreter with the arguments of the operator",
    "runtime/column_driver.py": "run: this interpreter with a module of ours",
    "runtime/drill/supervised.py": "create_subprocess_exec: this interpreter with a module of ours",
    "runtime/embedded_venue.py": "create_subprocess_exec: this interpreter with a list of arguments",
    "runtime/named_tests/running.py": "run: this interpreter with pytest and tests of a table of ours",
    "runtime/sweep_pool.py": "ProcessPoolExecutor: this interpreter",
    "storage/order_journal/background.py": "Popen: this interpreter with a list of arguments",
}
MADE = {
    "runtime/strategy_folder.py": "compile, exec: the operator's own strategy, which is a part of the program",
    "cli/lazy.py": "import_module: out of the table of commands",
    "runtime/runbook/steps.py": "import_module: out of the table of steps",
    "venues/__init__.py": "import_module: out of a table of ours",
    "venues/ccxt_loader.py": "import_module: out of a table of ours",
    "venues/registry.py": "import_module: out of a table of ours",
    "runtime/panic/glance.py": "yaml.load: by the safe loader",
}
QUERIED = {
    "runtime/explain/chain_reading.py": {"when": "one of two, made of constants"},
    "runtime/explain/journal_witness.py": {"of_each": "of the table of tables", "table": "of the table of tables"},
    "storage/alert_schema.py": {"pragma": "of a tuple", "name": "of a tuple"},
    "storage/alert_story.py": {"only": "one of two"},
    "storage/indicator_store.py": {"pragma": "of a tuple", "name": "of a tuple"},
    "storage/live_verifier.py": {"table": "of the table of tables"},
    "storage/order_journal/insertion.py": {"table": "a parameter of ours", "columns": "of the table of tables", "marks": "?, ?, …", "rows": "a count"},
    "storage/order_journal/postgres.py": {
        "table": "of the table of tables", "columns": "of the table of tables", "select": "of the table of tables",
    },
    "storage/order_journal/postgres_schema.py": {"table": "of the table of tables"},
    "storage/order_journal/reader.py": {
        "table": "of the table of tables", "source": "one of two", "condition": "a text of this module",
    },
    "storage/order_journal/sqlite.py": {
        "table": "of the table of tables", "columns": "of the table of tables", "select": "of the table of tables", "name": "of a tuple",
    },
    "storage/session_orders.py": {
        "table": "a parameter of ours", "columns": "of the table of tables", "condition": "a text of this module",
        "events": "one ? for each",
    },
    "storage/session_proof.py": {"table": "of the table of tables"},
    "storage/session_reader.py": {
        "table": "of the table of tables", "columns": "of the table of tables", "rows": "of the table of tables", "name": "of a tuple",
    },
    "storage/session_store.py": {"table": "of the table of tables", "columns": "of the table of tables"},
    "storage/session_tokens.py": {"which": "one of two", "pragma": "of a tuple", "name": "of a tuple"},
    "storage/sweep_results.py": {"pragma": "of a tuple"},
    "venues/host_log.py": {"rows": "1 or 2"},
}  # fmt: skip
"""names of variables that stand in the text of a query, and what they hold: never anything that came from outside"""

_PROGRAMS = {
    "system", "popen", "popen2", "execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "spawnv", "spawnve", "spawnl",
    "posix_spawn", "posix_spawnp", "startfile", "getoutput", "getstatusoutput", "Popen", "check_call", "check_output",
    "create_subprocess_shell", "create_subprocess_exec", "subprocess_shell", "ProcessPoolExecutor",
}  # fmt: skip
_CODE = {"eval", "exec", "compile", "__import__", "import_module"}
_CODE_ROOMS = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "runpy",
    "code",
    "codeop",
    "imp",
}
_SQL = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|PRAGMA|BEGIN|ATTACH|DETACH|WITH|SET|COMMENT|VACUUM|TRUNCATE|LOCK|"
    r"NOTIFY|LISTEN|COPY|CALL|DO)\s"
)
_PART = re.compile(r"(?:^|\s|\()(?:WHERE|AND|OR|FROM|VALUES|ORDER BY|GROUP BY|HAVING|LIMIT|UNION)\s")
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


def programs(found: Sequence[ast.AST]) -> Iterator[str]:
    """Yield whatever starts another program, and each shell."""
    for node in found:
        if isinstance(node, ast.ImportFrom) and node.module in ("subprocess", "os", "pty"):
            yield from (
                f"{node.lineno}: imports {each.name}"
                for each in node.names
                if each.name in {*_PROGRAMS, "run", "call", "spawn", "*"}
            )
        if not isinstance(node, ast.Call):
            continue
        on, name = _called(node)
        if name in _PROGRAMS or (on in ("subprocess", "pty") and name in ("run", "call", "spawn")):
            yield f"{node.lineno}: {name}"
        if any(
            word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            for word in node.keywords
        ):
            yield f"{node.lineno}: shell"


def code(found: Sequence[ast.AST]) -> Iterator[str]:
    """Yield whatever makes code or objects of bytes."""
    for node in found:
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        yield from (f"{node.lineno}: {name}" for name in names if name.split(".")[0] in _CODE_ROOMS)  # type: ignore[attr-defined]
        if not isinstance(node, ast.Call):
            continue
        on, name = _called(node)
        if (name in _CODE and on in ("", "builtins", "importlib")) or (
            on == "yaml" and "load" in name and not name.startswith("safe")
        ):
            yield f"{node.lineno}: {name}"
        if any(
            word.arg == "allow_pickle" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            for word in node.keywords
        ):
            yield f"{node.lineno}: allow_pickle"


def queries(found: Sequence[ast.AST]) -> Iterator[str]:
    """Yield each variable that stands in the text of a query: what is named like a constant is one."""
    for node in found:
        if isinstance(node, ast.JoinedStr) and _is_sql(node):
            for value in node.values:
                if isinstance(value, ast.FormattedValue):
                    yield from (f"{node.lineno}: {name}" for name in _variables(value.value))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add) and _is_sql(node.left):
            yield from (f"{node.lineno}: {name}" for name in _variables(node.right))
        elif isinstance(node, ast.Call) and _called(node)[1] in ("format", "format_map") and _is_sql(_on(node)):
            yield f"{node.lineno}: format"


def _is_sql(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(_is_sql(each) for each in node.values)
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return _SQL.match(node.value) is not None or _PART.search(node.value) is not None


def _variables(node: ast.expr) -> Iterator[str]:
    bound = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id not in {*bound, "len"} and not _CONSTANT.fullmatch(each.id):
            yield each.id


def _on(node: ast.Call) -> ast.AST:
    return node.func.value if isinstance(node.func, ast.Attribute) else node.func


def _called(node: ast.Call) -> tuple[str, str]:
    if isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value), node.func.attr
    return "", node.func.id if isinstance(node.func, ast.Name) else ""


_HINTS: dict[Scan, re.Pattern[str]] = {
    programs: re.compile("|".join((*_PROGRAMS, "subprocess", "pty", "shell"))),
    code: re.compile(
        rf"\b(?:eval|exec|compile|__import__|import_module|yaml|allow_pickle)\b|(?:import|from) [\w., ]*\b(?:{'|'.join(_CODE_ROOMS)})\b"
    ),
    queries: re.compile(f"{_SQL.pattern}|{_PART.pattern}"),
}
"""what the text of a module holds if the scan could find anything in it: the others are not parsed"""


def _found(scan: Scan) -> dict[str, set[str]]:
    found = [path for path, text in texts().items() if _HINTS[scan].search(text)]
    return {path: told for path in found if (told := {each.split(": ")[1] for each in scan(nodes(path))})}


def test_no_text_is_given_to_a_shell_and_each_program_that_is_started_is_known() -> None:
    found = _found(programs)
    assert found.keys() == STARTED.keys(), "give a list to this interpreter, and say in STARTED why"
    for path, names in found.items():
        assert names == {STARTED[path].split(":")[0]}, path


def test_no_text_becomes_code_but_the_operators_own_strategy() -> None:
    found = _found(code)
    assert found.keys() == MADE.keys(), "read it as data"
    assert found["runtime/strategy_folder.py"] == {"compile", "exec"}
    assert found["runtime/panic/glance.py"] == {"load"}
    assert "yaml.SafeLoader" in texts()["runtime/panic/glance.py"]


def test_no_query_is_made_of_what_came_from_outside() -> None:
    found = _found(queries)
    assert {path: sorted(names) for path, names in found.items()} == {path: sorted(names) for path, names in QUERIED.items()}, (
        "give values as parameters (?), or say in QUERIED what the variable can hold"
    )


@pytest.mark.parametrize(
    ("scan", "source"),
    [
        (programs, "import os\nos.system(f'ls {name}')"),
        (programs, "import subprocess\nsubprocess.run(['ls'], shell=is_shell)"),
        (programs, "import subprocess\nsubprocess.run('ls', shell=True)"),
        (programs, "from subprocess import run as go\ngo('ls')"),
        (programs, "import asyncio\nasyncio.create_subprocess_shell(text)"),
        (code, "eval(text)"), (code, "__import__(name)"), (code, "import pickle"), (code, "from pickle import loads"),
        (code, "import numpy as np\nnp.load(path, allow_pickle=True)"), (code, "import yaml\nyaml.load(text, yaml.UnsafeLoader)"),
        (code, "import yaml\nyaml.unsafe_load(text)"), (code, "import importlib\nimportlib.import_module(name)"),
        (queries, "db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")"),
        (queries, "db.execute(\"DELETE FROM t WHERE name = '%s'\" % name)"),
        (queries, "query = \"UPDATE t SET x = \" + value"),
        (queries, "query = \"SELECT {}\".format(name)"),
        (queries, "query += f\" AND name = '{name}'\""),
        (queries, "query = f\"SELECT x FROM t\" + f\" WHERE {name}\""),
    ],
)  # fmt: skip
def test_what_is_looked_for_would_be_found(scan: Scan, source: str) -> None:
    assert list(scan(tuple(ast.walk(ast.parse(source)))))


@pytest.mark.parametrize("hostile", ["' OR '1'='1", "x' OR 1=1 --", "'; DROP TABLE token; --", '" OR ""="', "\0", "%", "_"])
def test_what_looks_like_a_query_is_a_value(tmp_path: Path, hostile: str) -> None:
    clock = ToldClock()
    leaf = make_leaf(make_authority(clock.time), LeafRole.CLIENT, [], clock.time)
    token_of(tmp_path, [Role.VIEWER], leaf, clock.time)
    token_of(tmp_path, [Role.VIEWER], leaf, clock.time, name=hostile)
    with closing(SessionTokens(tmp_path)) as tokens:
        assert not tokens.revoke(hostile, clock.time + SECOND)
        assert tokens.revoke_all_of(hostile, clock.time + SECOND) == 1
        assert [each.operator for each in tokens.valid(clock.time + SECOND)] == ["anna"]
    with closing(sqlite3.connect(tmp_path / PATH)) as connection:
        assert connection.execute("SELECT count(*) FROM token").fetchone() == (2,)
