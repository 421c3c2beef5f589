"""A million one-minute bars from one seed, and the trade that everybody makes on them.

Geometric Brownian motion with clustered variance. `open[i + 1] == close[i]` on purpose: filled at the next open and filled at
this close is then one price, and all engines must report the same trades. Checked by digest: what NumPy's generators yield
could change with its version, and with it what all published figures mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from golive.market.store import CandleStore
from golive.matching.columns import CandleColumns
from golive.model.instrument import Instrument

BARS: Final = 1_000_000
SWEEP_BARS: Final = 200_000
MINUTE: Final = 60_000_000_000
FAST, SLOW, WARM_UP = 20, 50, 500
"""bars of the two averages; and how many bars pass before the first order may be sent"""
QUANTITY, FEE, CASH = "0.1", "0.001", "100000"
"""base asset an order; share of an order's value; quote asset at the start"""
TICK, LOT = "0.01", "0.001"
INSTRUMENT: Final = Instrument.from_text("okx:BTC/USDT", tick_size=TICK, lot_size=LOT, min_quantity="0.001", max_quantity="100")
FILLS, PNL, FEES = 19_901, -37_906.567265, 38_729.876265
"""what a million bars must give; `decimal_oracle` computes them anew"""
DIGESTS: Final[Mapping[str, str]] = {
    "ts": "74fd825d6312741f",
    "open": "adba875ce33a9eca",
    "high": "2d2e122c2fd35983",
    "low": "b07ba8f108a5ebca",
    "close": "6fe10db499a4a618",
    "volume": "7a3c4b3b913ad011",
}
"""first 16 hex digits of the SHA-256 of each column"""
_SEED: Final = 20_261_121


def pairs() -> list[tuple[int, int]]:
    """Return the hundred pairs of averages (fast, slow) of the sweep."""
    return [(fast, slow) for fast in range(5, 55, 5) for slow in range(60, 260, 20)]


def _returns(shocks: list[float]) -> tuple[Any, Any]:
    """Return log returns and their deviations, of a variance that follows the squared return before it."""
    import numpy as np

    base = (0.6 / np.sqrt(525_600)) ** 2  # 60 % a year
    shock_share, kept_share = 0.08, 0.90
    floor = base * (1 - shock_share - kept_share)
    variance, change = base, 0.0
    changes, deviations = [], []
    for shock in shocks:
        variance = floor + shock_share * change * change + kept_share * variance
        deviation = variance**0.5
        change = deviation * shock
        changes.append(change)
        deviations.append(deviation)
    return np.array(changes), np.array(deviations)


def bars() -> dict[str, Any]:
    """Return the columns: ts (ns UTC, opening), open, high, low, close, volume (float64).

    Raises RuntimeError when they are not the published ones.
    """
    import numpy as np

    rng = np.random.default_rng(_SEED)
    changes, deviations = _returns(rng.standard_normal(BARS).tolist())
    close = np.round(20_000.0 * np.exp(np.cumsum(changes - changes.mean())), 2)
    open_ = np.concatenate(([20_000.0], close[:-1]))
    up = np.abs(rng.standard_normal(BARS)) * deviations * 0.5
    down = np.abs(rng.standard_normal(BARS)) * deviations * 0.5
    columns = {
        "ts": np.datetime64("2022-01-01", "ns").astype(np.int64) + np.arange(BARS, dtype=np.int64) * MINUTE,
        "open": open_,
        "high": np.round(np.maximum(open_, close) * (1 + up), 2),
        "low": np.round(np.minimum(open_, close) * (1 - down), 2),
        "close": close,
        "volume": np.round(rng.lognormal(2.0, 0.7, BARS), 3),
    }
    for name, column in columns.items():
        digest = hashlib.sha256(column.tobytes()).hexdigest()[:16]
        if digest != DIGESTS[name]:
            raise RuntimeError(f"column {name} has digest {digest}, not {DIGESTS[name]}: another NumPy draws other numbers")
    return columns


def write_bars(folder: Path) -> Path:
    """Write the columns, one `.npy` file each, and return the folder."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    for name, column in bars().items():
        np.save(folder / f"{name}.npy", column)
    return folder


def load_bars(folder: str | Path, count: int) -> dict[str, Any]:
    """Return the first `count` bars of a folder in memory; beyond a million they begin anew, with later times."""
    import numpy as np

    columns = {name: np.load(Path(folder) / f"{name}.npy") for name in DIGESTS}
    if count <= BARS:
        return {name: np.ascontiguousarray(column[:count]) for name, column in columns.items()}
    made = {name: np.resize(column, count) for name, column in columns.items()}
    made["ts"] = columns["ts"][0] + np.arange(count, dtype=np.int64) * MINUTE
    return made


def peak_mib() -> float:
    """Return the most memory this process has had resident, MiB; what its parent had does not count."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def candle_columns(columns: Mapping[str, Any]) -> CandleColumns:
    """Return the same bars in ticks and lots, exactly."""
    import numpy as np

    ticks = [np.rint(columns[name] * 100).astype(np.int64) for name in ("open", "high", "low", "close")]
    return CandleColumns(INSTRUMENT, MINUTE, columns["ts"], *ticks, np.rint(columns["volume"] * 1000).astype(np.int64))


def write_store(folder: Path, root: Path, count: int) -> None:
    """Put the first `count` bars of a folder into a candle store."""
    candles = candle_columns(load_bars(folder, count))
    CandleStore(root).append(INSTRUMENT, "1m", candles, source="seeded", now=int(candles.opened_at[-1]) + MINUTE)


def read_store(root: str | Path, count: int) -> CandleColumns:
    """Return the first `count` bars of a candle store, mapped into memory."""
    return CandleStore(Path(root)).read(INSTRUMENT.id, "1m").between(0, count)
