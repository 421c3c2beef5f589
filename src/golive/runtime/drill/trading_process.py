"""A process that trades until its stdin ends or it is killed: `python -m golive.runtime.drill.trading_process`.

The first line of stdin says where (keys are in no argument and no environment); everything it says is a JSON line on stdout.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from golive.model.command import Alert
from golive.model.secret import Credentials, Secret
from golive.readiness.resilience.said import Said

from ..clock import SystemClock
from ..live.order_risk import OrderRisk
from .plan import drill_plan
from .trader import LIMITS, Trader


def order_of(home: Path, adapter: str, rest: str, credentials: Credentials, time_scale: int, operator: str) -> bytes:
    """Return the line that starts such a process."""
    keys = {name: secret.reveal() for name, secret in credentials.fields.items()}
    order = {"home": str(home), "adapter": adapter, "rest": rest, "keys": keys, "time_scale": time_scale, "operator": operator}
    return json.dumps(order).encode() + b"\n"


def _say(said: Said) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _no_alert(alert: Alert) -> None:
    """The drill hears of it by what becomes of orders."""


async def _run(order: Mapping[str, Any]) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), task.cancel)
    credentials = Credentials({name: Secret(value) for name, value in order["keys"].items()})
    risk = OrderRisk(LIMITS, SystemClock())
    account = (order["adapter"], order["rest"], credentials)
    plan = drill_plan(Path(order["home"]), [account], order["time_scale"], risk.decide, _no_alert, order["operator"])
    trader = await Trader.open(plan, risk, _say)
    try:
        await trader.trade()
    finally:
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        await trader.desk.settled(2.0)
        await trader.close()


def main() -> int:
    """Trade; 0 when stdin has ended."""
    order = json.loads(sys.stdin.buffer.readline())
    try:
        asyncio.run(_run(order))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
