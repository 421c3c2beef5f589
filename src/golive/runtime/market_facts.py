"""What is known about the market a session trades on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from golive.model.clock import from_iso
from golive.model.errors import MalformedPayload

FillModel = Literal["bar", "book"]


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """`source` is `generator`, `candles`, `feed` (simulated) or `venue`; `data` the recorded file's name and digest."""

    source: str
    fill_model: FillModel
    timeframe: str
    data: str | None = None
    data_sha256: str | None = None
    volume_unit: str = "base"
    start_ts: int | None = None
    """market time at which a simulated market starts, ns UTC; None for a venue whose market runs on its own"""

    @classmethod
    def of_simulated(cls, market: Mapping[str, object], timeframe: str) -> MarketFacts:
        """Read the `market` part of a simulated venue's ready document; MalformedPayload naming a bad field."""

        def text(name: str) -> str:
            value = market.get(name)
            if not isinstance(value, str):
                raise MalformedPayload(f"the simulated venue's market has no text in {name!r}: {value!r:.80}")
            return value

        model = text("fill_model")
        if model not in ("bar", "book"):
            raise MalformedPayload(f"the simulated venue names fill model {model!r}; known: bar, book")
        known: FillModel = "bar" if model == "bar" else "book"
        recorded = market.get("data") is not None
        return cls(
            text("source"), known, timeframe, text("data") if recorded else None, text("data_sha256") if recorded else None,
            text("volume_unit"), from_iso(text("start")),
        )  # fmt: skip
