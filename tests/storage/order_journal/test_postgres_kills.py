"""A writer that is killed at each durable step of a journal in a server: nothing acknowledged is lost, the next start goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from golive.storage import failpoint
from support.durable import order_id
from support.killed import SOURCES, TESTS
from support.order_journals import URL, faults, open_journal
from support.postgres import new_database

LIVE = """
import sys
from pathlib import Path
from support.order_journals import decided, open_journal
journal = open_journal(Path(sys.argv[1]))
for n in (1, 2, 3):
    journal.commit([decided(n)])
    print(n, flush=True)
journal.close()
print("closed", flush=True)
"""
POINTS = [name for name in failpoint.names() if name.startswith(("orders.postgres", "orders.epoch", "orders.seal"))]


def run(home: Path, name: str = "") -> tuple[list[str], int]:
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    environment = {**os.environ, "PYTHONPATH": path, **({failpoint.VARIABLE: name} if name else {})}
    command = [sys.executable, "-c", LIVE, str(home)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.split(), done.returncode


@pytest.mark.parametrize("name", [*POINTS, "orders.postgres_commit.before:3", "orders.postgres_commit.after:3"])
def test_killed_at_any_point_nothing_durable_is_lost_and_the_journal_goes_on(tmp_path: Path, cluster: str, name: str) -> None:
    (tmp_path / URL).write_text(new_database(cluster))
    said, code = run(tmp_path, name)
    assert code == -signal.SIGKILL, said
    acknowledged = [int(word) for word in said]
    with closing(open_journal(tmp_path)) as journal:
        count = journal.state.count
        assert count in (len(acknowledged), len(acknowledged) + 1)
        assert list(journal.state.orders) == [order_id(n) for n in range(1, count + 1)]
    assert faults(tmp_path) == []
