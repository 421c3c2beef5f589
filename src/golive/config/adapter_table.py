"""What the configuration must know of each venue adapter: its label, whether it has a sandbox, its default fees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class AdapterFacts:
    """Facts about one adapter; fees are the paper defaults in basis points."""

    label: str
    has_sandbox: bool
    maker_bps: int
    taker_bps: int
    no_sandbox_reason: str = ""


KNOWN_ADAPTERS: Final[Mapping[str, AdapterFacts]] = {
    "bybit_spot": AdapterFacts("bybit", True, 10, 10),
    "kraken_spot": AdapterFacts("kraken", False, 25, 40, "Kraken offers no sandbox for spot trading"),
    "okx_spot": AdapterFacts("okx", True, 8, 10),
}
KNOWN_LABELS: Final = tuple(sorted(facts.label for facts in KNOWN_ADAPTERS.values()))
