"""A symbol with an order that is not understood takes no new one: no first attempt between `symbol_frozen` and `symbol_released`."""

from __future__ import annotations

from pathlib import Path

from .finding import Findings
from .journal import connect


def check_frozen(path: Path, findings: Findings) -> None:
    """Follow notes and first attempts in their one order; a life begins with no symbol frozen, and finds out itself."""
    connection = connect(path)
    try:
        rows = connection.execute(
            "SELECT seq, 'opened', '', '' FROM openings"
            " UNION ALL SELECT seq, event, subject, '' FROM notes WHERE event IN ('symbol_frozen', 'symbol_released')"
            " UNION ALL SELECT a.seq, 'attempt', i.instrument, i.client_order_id FROM attempts AS a"
            " JOIN intents AS i ON i.client_order_id = a.client_order_id WHERE a.n = 1 ORDER BY 1"
        ).fetchall()
    finally:
        connection.close()
    frozen: dict[str, int] = {}
    times = 0
    for seq, event, symbol, name in rows:
        if event == "opened":
            frozen.clear()
        elif event == "symbol_frozen":
            frozen[symbol] = seq
            times += 1
        elif event == "symbol_released":
            frozen.pop(symbol, None)
        elif symbol in frozen:
            findings.add("sent_while_frozen", f"{name}: attempt {seq}; {symbol} is frozen since {frozen[symbol]}")
    findings.looked_at["frozen"] = times
