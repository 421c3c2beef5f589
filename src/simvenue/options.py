"""What a venue is told to be; everything checked before anything listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from .exchange.book import BookKind
from .face.mode import Mode
from .keys import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """All options of `serve`; `speed` None is `max`, `steps` None is all there are, `ws_idle_s` None the dialect's own."""

    dialect: str
    host: str
    port: int
    speed: float | None
    speed_text: str
    seed: int
    steps: int | None
    symbols: Sequence[str]
    timeframe: str | None
    data: Path | None
    volume_unit: str
    balances: Mapping[str, Decimal]
    ring: KeyRing
    is_fresh_key: bool
    faults: Sequence[str]
    mode: Mode
    has_limits: bool
    state: Path | None
    maker_bps: Decimal
    taker_bps: Decimal
    ws_idle_s: float | None
    lifeline_fd: int | None
    ready_fd: int | None
    ready_file: Path | None
    time_scale: int = 1
    """how many times shorter than documented the time rules of orders are"""
    book: BookKind = BookKind.PLAIN
    history: int | None = None
    """candles of `timeframe` that lie behind the venue when it starts; None: what its source has by itself"""
    start: int | None = None
    """market clock of a generated market when it starts, ns UTC; None: by `speed`"""
