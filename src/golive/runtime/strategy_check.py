"""Examines a strategy on stored candles, or on candles made for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from golive.market.timeframe import timeframe_ns
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.strategy import bound

from .backtest_terms import parameters
from .strategy_document import check_document
from .strategy_folder import FoundStrategy, find_strategy, made_anew

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns
    from golive.strategy.examination import Finding

_SEED: Final = 1
_START: Final = 1_704_067_200 * 10**9
_HARMLESS: Final = ("gap", "outlier")
"""what a strategy must live with in candles"""


@dataclass(frozen=True, slots=True)
class Examined:
    """A strategy, what it was examined on and what was found."""

    found: FoundStrategy
    parameters: Mapping[str, float]
    candles: int
    data: str
    findings: list[Finding]

    @property
    def passed(self) -> bool:
        return all(each.status != "failed" for each in self.findings)

    def document(self) -> dict[str, JsonValue]:
        """Return all of it as JSON."""
        return check_document(self.found, self.parameters, self.data, self.candles, self.findings, passed=self.passed)


def check_strategy(
    name: str,
    home: Path,
    *,
    given: Mapping[str, object] | None = None,
    candles: CandleColumns | None = None,
    data: str = "",
    timeframe: str = "1m",
    bars: int | None = None,
    around: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> Examined:
    """Examine a built-in strategy or one of the folder.

    `candles` are those given, `bars` of the newest of them where `bars` is set; without any they are made: a market of trends,
    calm and wild stretches, leaps and standstills, the same each time. `around` surrounds each check, whose name it is given.

    Raises ConfigError for a strategy, parameter or number of candles that does not fit.
    """
    from golive.strategy.examination import examine
    from golive.strategy.examination.examine import bars_needed

    found = find_strategy(name, home)
    strategy = found.strategy
    length = timeframe_ns(getattr(strategy, "timeframe", timeframe)) if candles is None else candles.timeframe_ns
    values = parameters(strategy, given or {}, length)
    params = bound(values)
    wanted = bars or bars_needed(strategy, params)
    if candles is None:
        candles, data = generated_candles(wanted, length), f"made here (seed {_SEED})"
    else:
        candles = candles.between(max(0, len(candles) - wanted), len(candles))
    findings = examine(strategy, params, candles, made_anew=lambda: made_anew(found), around=around)
    return Examined(found, values, len(candles), data, findings)


def candles_of_file(path: Path, timeframe: str | None) -> CandleColumns:
    """Return the candles of a file, in order and sound; raise ConfigError for any other.

    They stand on the grid that the file's own numbers need, and belong to no venue.
    """
    from golive.market.candle_import import ImportTerms, import_file

    terms = ImportTerms(
        instrument=InstrumentId("file", "BASE", "QUOTE"), timeframe=timeframe, volume_unit="base", columns={}, tick_size=None,
        lot_size=None,
    )  # fmt: skip
    imported = import_file(path, terms)
    wrong = [issue for issue in imported.quality.issues if issue.code not in _HARMLESS]
    if wrong:
        raise ConfigError(f"{path}: {wrong[0].message}; import it with `golive data import`, and name the stored series")
    return imported.storable()


def generated_candles(bars: int, length: int) -> CandleColumns:
    """Return a seeded market of `bars` candles of `length` ns."""
    import numpy as np

    from golive.matching.columns import CandleColumns

    instrument = Instrument.from_text(
        "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999", min_notional="1"
    )
    random: Any = np.random.default_rng(_SEED)
    blocks = bars // 100 + 1
    drift = np.repeat(random.choice((-0.0004, 0.0, 0.0, 0.0004), blocks), 100)[:bars]
    swing = np.repeat(random.choice((0.0002, 0.0008, 0.003), blocks), 100)[:bars]
    moves = (drift + random.normal(0.0, 1.0, bars) * swing) * (random.random(bars) < 0.95)
    moves += random.normal(0.0, 0.02, bars) * (random.random(bars) < 0.002)
    close = np.maximum(1000, np.rint(400_000 * np.exp(np.cumsum(moves - moves.mean())))).astype(np.int64)
    opened = np.concatenate((close[:1], close[:-1]))
    wick = np.rint(close * np.abs(random.normal(0.0, 0.0004, (2, bars)))).astype(np.int64)
    high, low = np.maximum(opened, close) + wick[0], np.maximum(1, np.minimum(opened, close) - wick[1])
    volume = random.integers(0, 50, bars) * 10_000_000
    return CandleColumns(instrument, length, _START + np.arange(bars, dtype=np.int64) * length, opened, high, low, close, volume)
