"""Two million best bids, offers and trades from one seed: the same arrays for us, for the floor and for every peer.

A mid that walks on a grid of 0.1, a fifth of the events trades at bid or ask, 50 ms apart on average. Checked by digest:
what NumPy's generators yield could change with its version, and with it what all published figures mean.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

EVENTS = 2_000_000
DIGEST = "c92782d6dcf9dfea"
"""first 16 hex digits of the SHA-256 of all the events"""
_SEED = 20_261_122
_FIELDS = ("bid", "ask", "bq", "aq", "px", "qty")


def tick_events() -> Any:
    """Return (EVENTS,) records: ts (ns), kind (0 quote, 1 bought, 2 sold), bid, ask, bq, aq, px, qty (float64).

    Raises RuntimeError when they are not the published ones.
    """
    import numpy as np

    rng = np.random.default_rng(_SEED)
    begin = np.datetime64("2024-01-01", "ns").astype(np.int64)
    ts = begin + np.cumsum(rng.integers(1_000_000, 99_000_000, EVENTS))
    is_trade = rng.random(EVENTS) < 0.2
    step = rng.choice(np.array([-1, 0, 0, 0, 1]), EVENTS)
    step[is_trade] = 0
    bid = 500_000 + np.cumsum(step)
    events = np.zeros(EVENTS, dtype=[("ts", "i8"), ("kind", "i8"), *((name, "f8") for name in _FIELDS)])
    events["ts"] = ts
    is_bought = rng.random(EVENTS) < 0.5
    events["kind"][is_trade & is_bought] = 1
    events["kind"][is_trade & ~is_bought] = 2
    events["bid"], events["ask"] = np.round(bid * 0.1, 1), np.round((bid + 1) * 0.1, 1)
    events["bq"] = np.round(rng.lognormal(0.5, 0.6, EVENTS), 3) + 0.001
    events["aq"] = np.round(rng.lognormal(0.5, 0.6, EVENTS), 3) + 0.001
    events["px"] = np.where(is_bought, events["ask"], events["bid"])
    events["qty"] = np.round(rng.lognormal(-1.5, 0.8, EVENTS), 3) + 0.001
    digest = hashlib.sha256(events.tobytes()).hexdigest()[:16]
    if digest != DIGEST:
        raise RuntimeError(f"the tick data has digest {digest}, not {DIGEST}: another NumPy draws other numbers")
    return events


def write_ticks(folder: Path) -> Path:
    """Write the events to `ticks.npy` in a folder and return the file."""
    import numpy as np

    path = folder / "ticks.npy"
    np.save(path, tick_events())
    return path


def load_ticks(path: str, count: int) -> Any:
    """Return the first `count` events of a file."""
    import numpy as np

    return np.load(path, mmap_mode="r")[:count]
