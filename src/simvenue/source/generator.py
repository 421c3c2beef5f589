"""The seeded generator: a market with regimes, clustered volatility and mean reversion, the same for the same seed.

One regime at a time: rising, falling, ranging around an anchor, turbulent; lengths are random. Volatility wanders around
1 (log-AR(1)), so that quiet and wild hours cluster. A slow pull towards the start price keeps years of steps in a sane
range. Floats draw the path; what leaves here is integers.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from golive.model.instrument import Instrument
from golive.model.market import Level
from golive.model.order import Side

from ..exchange.bar import Bar
from ..exchange.market import Print, Update
from .base import MINUTE, TIMEFRAMES, SourceFacts, Step
from .catalog import generated_instrument, template
from .ladder import Ladder

HISTORY_BARS = 300
_SECOND, _MILLISECOND = 1_000_000_000, 1_000_000
_SIGMA = 0.0001
"""standard deviation of the log price per square root of a second; about 55 % a year"""


@dataclass(frozen=True, slots=True)
class Regime:
    """`drift` per second, `volatility` as a factor, `pull` per second towards the anchor, mean length in seconds."""

    drift: float
    volatility: float
    pull: float
    length: float


_REGIMES = (
    (0.28, Regime(drift=6e-6, volatility=0.9, pull=0.0, length=5400)),
    (0.28, Regime(drift=-6e-6, volatility=0.95, pull=0.0, length=5400)),
    (0.34, Regime(drift=0.0, volatility=0.8, pull=1 / 1200, length=9000)),
    (0.10, Regime(drift=0.0, volatility=2.2, pull=0.0, length=1800)),
)


class GeneratedMarket:
    """The path of one instrument."""

    def __init__(self, instrument: Instrument, seed: int) -> None:
        digest = hashlib.sha256(f"{seed}|{instrument.id.symbol}".encode()).digest()
        self._random = random.Random(int.from_bytes(digest[:8], "big"))  # noqa: S311 (draws that come again; no secret)
        grid = template(instrument.id.symbol)
        self._start = float(instrument.ticks(grid.price))
        self._clip = instrument.lots(grid.clip)
        self._mid = self._start
        self._anchor = self._start
        self._log_volatility = 0.0
        self._regime = _REGIMES[2][1]
        self._regime_left = 1800.0
        self._half_spread = max(0.5, self._start * 0.000004)
        self._ladder = Ladder(price=int(self._start), clip=self._clip, seed=int.from_bytes(digest[8:16], "big"))
        self._epoch = 0

    def step(self, opened: int, period: int, *, with_depth: bool = True) -> Update:
        """Move the market over [opened, opened + period) ns and return what happened."""
        seconds = period / 1e9
        self._age(seconds)
        count = self._trade_count(seconds)
        draw = self._random.random
        offsets = sorted(int(draw() * period) for _ in range(count))
        prints: list[Print] = []
        before = 0
        for offset in offsets:
            prints.append(self._trade(opened + offset - offset % _MILLISECOND, (offset - before) / 1e9))
            before = offset
        self._move((period - before) / 1e9)
        self._epoch += 1
        bids, asks = self._depth() if with_depth else ([], [])
        return Update(ts=opened + period, prints=prints, bids=bids, asks=asks, is_snapshot=with_depth)

    def _age(self, seconds: float) -> None:
        gauss = self._random.gauss
        keep = math.exp(-seconds / 3600)
        self._log_volatility = self._log_volatility * keep + 0.45 * math.sqrt(1 - keep * keep) * gauss(0, 1)
        self._regime_left -= seconds
        if self._regime_left <= 0:
            pick = self._random.random()
            for weight, regime in _REGIMES:
                self._regime = regime
                pick -= weight
                if pick <= 0:
                    break
            self._regime_left = self._random.expovariate(1 / self._regime.length)
            self._anchor = self._mid

    def _trade_count(self, seconds: float) -> int:
        activity = math.exp(0.5 * self._log_volatility) * self._regime.volatility
        mean = min(20.0, 0.45 * seconds if seconds < 10 else 4 + math.sqrt(seconds) * 0.5) * activity
        whole = int(mean)
        return min(40, whole + (self._random.random() < mean - whole) + (self._random.random() < 0.3))

    def _move(self, seconds: float) -> float:
        """Move the mid price and return the change in ticks."""
        if seconds <= 0:
            return 0.0
        regime = self._regime
        sigma = _SIGMA * regime.volatility * math.exp(self._log_volatility) * math.sqrt(seconds)
        pull = min(1.0, regime.pull * seconds) * math.log(self._anchor / self._mid)
        home = 2e-7 * seconds * math.log(self._start / self._mid)
        change = regime.drift * seconds + pull + home + sigma * self._random.gauss(0, 1)
        old, self._mid = self._mid, max(20.0, self._mid * math.exp(max(-0.2, min(0.2, change))))
        return self._mid - old

    def _trade(self, ts: int, seconds: float) -> Print:
        moved = self._move(seconds)
        rising = moved > 0 if self._random.random() < 0.75 else self._random.random() < 0.5
        side = Side.BUY if rising else Side.SELL
        bid, ask = self._touch()
        quantity = max(1, int(self._clip * 0.4 * math.exp(0.8 * self._random.gauss(0, 1))))
        return Print(ts, ask if rising else bid, quantity, side)

    def _touch(self) -> tuple[int, int]:
        bid = math.floor(self._mid - self._half_spread)
        return bid, max(bid + 1, math.ceil(self._mid + self._half_spread))

    def _depth(self) -> tuple[list[Level], list[Level]]:
        bid, ask = self._touch()
        return self._ladder.levels(Side.BUY, bid, self._epoch), self._ladder.levels(Side.SELL, ask, self._epoch)


class Generator:
    """A source of generated markets.

    `start` is the market clock of the first step and `period` its length, ns. History before the start covers `history`
    bars of `timeframe` (None: HISTORY_BARS), walked in `period` steps (coarser where that would be too many), and always
    ends at `start`.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        seed: int,
        start: int,
        period: int,
        steps: int | None,
        timeframe: str,
        history: int | None = None,
    ) -> None:
        self._history = history
        self._instruments = [generated_instrument(symbol) for symbol in symbols]
        self._markets = {i.id.symbol: GeneratedMarket(i, seed) for i in self._instruments}
        self._period = period
        self.facts = SourceFacts("generator", "book", start, steps, timeframe)

    @property
    def instruments(self) -> Sequence[Instrument]:
        return self._instruments

    @property
    def base_bar(self) -> Bar:
        """A long past is kept in whole minutes."""
        return Bar(_SECOND if self._history is None else min(MINUTE, TIMEFRAMES[self.facts.timeframe].period))

    @property
    def builds_candles(self) -> bool:
        return True

    def history(self) -> Iterator[Step]:
        bar = TIMEFRAMES[self.facts.timeframe]
        start = self.facts.start
        first = bar.floor(start) - (HISTORY_BARS if self._history is None else self._history) * bar.period
        coarse = max(self._period, min(bar.period, MINUTE))
        ts = first
        while ts < start:
            period = min(coarse if start - ts >= 2 * coarse else self._period, start - ts)
            ts += period
            yield self._step(ts - period, period, with_depth=ts == start)

    def steps(self) -> Iterator[Step]:
        ts, done = self.facts.start, 0
        while self.facts.steps is None or done < self.facts.steps:
            yield self._step(ts, self._period, with_depth=True)
            ts += self._period
            done += 1

    def _step(self, opened: int, period: int, *, with_depth: bool) -> Step:
        updates = {symbol: market.step(opened, period, with_depth=with_depth) for symbol, market in self._markets.items()}
        return Step(opened + period, updates)
