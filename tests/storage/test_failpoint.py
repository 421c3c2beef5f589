"""Failpoints: named, found by scan, inert unless armed, refused in stage live, and around each durable step of the journal."""

from __future__ import annotations

import ast
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.errors import ConfigError, JournalError
from golive.model.verdict import Stage
from golive.storage import failpoint
from support.durable import order_id
from support.killed import SOURCES, TESTS
from support.order_journals import faults, open_journal, place_of

ORDER_JOURNAL = SOURCES / "golive/storage/order_journal"
DURABLE = {"fsync", "fdatasync", "rename", "link", "write_atomic", "sync_directory", "flock"}
PORTS = {"projection.project", "projection.sync", "os.replace"}

LIVE = """
import asyncio, os, sys
from pathlib import Path
from golive.storage.order_journal import OrderWriter
from support.order_journals import answer, decided, end, open_journal

class Lines:
    def __init__(self, path):
        self.path = path
        self.was_synced = False
    def project(self, rows):
        with self.path.open("a") as file:
            file.writelines(f"{row.seq}\\n" for row in rows)
    def sync(self):
        self.was_synced = True
    def close(self):
        pass

async def main():
    home = Path(sys.argv[1])
    journal = open_journal(home)
    first = journal.state.count + 1
    lines = Lines(home / "lines")
    writer = OrderWriter(journal, [lines], loop=asyncio.get_running_loop(), on_failure=print, heartbeat_s=0.01)
    writer.start()
    for n in range(first, first + 3):
        await writer.durable([decided(n)])
        os.write(1, b"%d\\n" % n)
        writer.submit([answer(n), end(n)])
        await asyncio.sleep(0.03)
    while not lines.was_synced:  # it has its turn when nobody waits, which a busy machine may put off until after the close
        await asyncio.sleep(0.005)
    writer.close()
    os.write(1, b"closed\\n")
asyncio.run(main())
"""


def run(home: Path, name: str | None = None) -> tuple[list[str], int]:
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    environment = {**os.environ, "PYTHONPATH": path, **({failpoint.VARIABLE: name} if name else {})}
    done = subprocess.run(
        [sys.executable, "-c", LIVE, str(home)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.split(), done.returncode


def order_points() -> list[str]:
    return [name for name in failpoint.names() if name.startswith("orders.")]


QUARANTINE = "orders.quarantine"
"""met only when a journal turns out to be unsound"""


def blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def durable_call(statement: ast.stmt) -> str | None:
    """Name the durable step that a simple statement takes."""
    if isinstance(statement, (ast.With, ast.If, ast.For, ast.While, ast.Try, ast.FunctionDef, ast.ClassDef)):
        return None
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            words = [word.value for word in node.args if isinstance(word, ast.Constant)]
            if name in DURABLE or "COMMIT" in words or ast.unparse(node.func) in PORTS:
                return name
    return None


def is_reach(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func) == "reach"
    )


def test_each_durable_step_of_the_order_journal_has_a_failpoint_right_before_and_right_after() -> None:
    seen: list[str] = []
    for path in sorted(ORDER_JOURNAL.glob("*.py")):
        for block in blocks(ast.parse(path.read_text())):
            for position, statement in enumerate(block):
                step = durable_call(statement)
                if step is not None:
                    where = f"{path.name}:{statement.lineno} {step}"
                    assert position > 0, where
                    assert is_reach(block[position - 1]), where
                    assert is_reach(block[position + 1]), where
                    seen.append(step)
    assert {"execute", "rename", "write_atomic", "sync_directory", "flock", "project", "sync"} <= set(seen)


def test_each_name_stands_once_in_the_sources() -> None:
    calls: list[str] = []
    for path in (SOURCES / "golive").rglob("*.py"):
        if path.name != "failpoint.py" and "reach" in path.read_text():
            calls += [
                node.args[0].value
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "reach" and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ]  # fmt: skip
    assert [name for name, times in Counter(calls).items() if times > 1] == []
    assert set(calls) >= set(failpoint.names())
    assert {name for name in calls if name.startswith("orders.")} == set(order_points())


def test_nothing_happens_at_a_point_that_is_not_armed() -> None:
    failpoint.reach("orders.commit.before")


@pytest.fixture
def armed() -> Iterator[None]:
    failpoint.arm("orders.commit.before", 1000)
    yield
    failpoint._armed = None


@pytest.mark.usefixtures("armed")
def test_an_armed_failpoint_is_refused_in_stage_live_and_in_no_other() -> None:
    for stage in Stage:
        if stage is not Stage.LIVE:
            failpoint.refuse_in(stage)
    with pytest.raises(ConfigError, match=r"orders\.commit\.before.*no place in stage live"):
        failpoint.refuse_in(Stage.LIVE)


def test_live_is_not_refused_without_one() -> None:
    failpoint.refuse_in(Stage.LIVE)


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no failpoint 'orders\\.commit'"):
        failpoint.arm("orders.commit")
    with pytest.raises(ConfigError, match="first time or later"):
        failpoint.arm("orders.commit.before", 0)


@pytest.mark.parametrize("value", ["nothing.at.all", "orders.commit.before:x", "orders.commit.before:0"])
def test_an_environment_that_arms_nonsense_starts_nothing(tmp_path: Path, value: str) -> None:
    said, code = run(tmp_path, value)
    assert (said, code) == ([], 1)


def test_the_count_says_which_time_kills(tmp_path: Path) -> None:
    assert run(tmp_path, "orders.commit.after:3") == (["1"], -signal.SIGKILL)


@pytest.mark.parametrize("name", [name for name in order_points() if not name.startswith(QUARANTINE)])
def test_killed_at_any_point_nothing_durable_is_lost_and_the_journal_goes_on(tmp_path: Path, name: str) -> None:
    is_of_a_server = name.startswith("orders.postgres")
    said, code = run(tmp_path, name)
    if is_of_a_server:
        assert code == 0
        return
    assert code == -signal.SIGKILL, said
    acknowledged = [int(word) for word in said if word.isdigit()]
    with closing(open_journal(tmp_path)) as journal:
        count = journal.state.count
        assert count in (len(acknowledged), len(acknowledged) + 1)
        assert set(journal.state.orders) <= {order_id(count), order_id(max(1, count - 1))}
    assert faults(tmp_path) == []
    again, code = run(tmp_path)
    assert code == 0
    assert again[-1] == "closed"


@pytest.mark.parametrize("name", [name for name in order_points() if name.startswith(QUARANTINE)])
def test_killed_while_an_unsound_journal_is_marked_the_next_start_refuses_it_all_the_same(tmp_path: Path, name: str) -> None:
    assert run(tmp_path)[1] == 0
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        connection.execute("UPDATE intents SET quantity = quantity + 1")
        connection.commit()
    assert run(tmp_path, name) == ([], -signal.SIGKILL)
    with pytest.raises(JournalError, match="bad mac"):
        open_journal(tmp_path)
