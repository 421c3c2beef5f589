"""Time of `golive gate status` as a fresh process: after the walk to a rehearsal, and with the logs of a long time behind it.

The installation is walked there by commands alone (about a minute), then its decision log of live orders and its log of people's
acts are filled by what writes them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.process import Run, run
from golive.model.json import JsonObject
from golive.runtime.clock import SystemClock
from golive.runtime.host_signer import host_signer
from golive.runtime.identity import operator_identity
from golive.storage.live_log import ORDER, LiveOrderLog, LogDraft
from golive.storage.security_admin import record_admin_acts

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the walk is the one that its test walks
from support.walk import STEPS, walking

GOAL_S = 1.5
ROUNDS = 7
ORDERS = 100_000
ACTS = 20_000
_AT_ONCE = 1_000
_ORDER: JsonObject = {
    "attempts": [{"code": "", "deadline_ms": 1795392141487, "n": 1, "result": "accepted"}], "fallback_used": False,
    "instrument": "okx:BTC/USDT", "latency_ms": 13, "price": None, "quantity": "0.04623469", "result": "filled",
    "route": "default", "side": "sell",
}  # fmt: skip


def fill(home: Path) -> None:
    """Write the records of many orders and acts."""
    signer = host_signer(home, SystemClock(), operator_identity())
    log = LiveOrderLog(home, signer, "okx_spot_earlier")
    for start in range(1, ORDERS + 1, _AT_ONCE):
        numbers = range(start, start + _AT_ONCE)
        log.append([LogDraft(n, ORDER, {**_ORDER, "client_order_id": f"{n:032x}"}, signer.operator) for n in numbers])
    log.sync()
    log.close()
    for start in range(0, ACTS, _AT_ONCE):
        acts = [("login_refused", {"n": str(start + n), "purpose": "live.close"}, "otto") for n in range(_AT_ONCE)]
        record_admin_acts(home, signer, acts)


def status(home: Path, *, rounds: int = ROUNDS) -> list[Run]:
    """Return fresh processes, one after the other, that found every asked check green; the first, which warms up, is left out."""
    code = "import sys; from golive.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "gate", "status", "--env", "okx_live", "--home", str(home)]
    env = {**os.environ, "CREDENTIALS_DIRECTORY": str(home / "credentials")}
    found = [run(command, env) for _ in range(rounds + 1)][1:]
    if any(each.exit_code for each in found):
        raise AssertionError(f"exit {found[0].exit_code}: golive gate status --env okx_live --home {home}")
    return found


def line(name: str, found: list[Run]) -> str:
    """Return the figures of some processes in one line: least and median."""
    wall, cpu = [each.wall_s for each in found], [each.cpu_s for each in found]
    times = [f"{what} {min(each):.2f} / {statistics.median(each):.2f} s" for what, each in (("wall", wall), ("CPU", cpu))]
    return f"{name:<52} {'   '.join(times)}   {max(each.memory_mib for each in found):.0f} MiB   goal < {GOAL_S:g} s"


def main() -> int:
    """Print the figures, least and median; exit 1 when the goal is missed."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder, walking(Path(folder) / "home") as walk:
        for step in STEPS:
            step(walk)
        fresh = status(walk.path)
        print(line("after the walk", fresh))
        fill(walk.path)
        filled = status(walk.path)
        print(line(f"{ORDERS:,} records of orders, {ACTS:,} of acts more", filled))
    return 0 if max(statistics.median(each.wall_s for each in found) for found in (fresh, filled)) < GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
