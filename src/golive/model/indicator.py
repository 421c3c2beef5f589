"""What service levels are about: every indicator that an objective may name, in what it is measured, and who measures it.

Values are kept as whole billionths of their unit, so that sums, shares and comparisons with a target are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

BILLION: Final = 1_000_000_000
MOST: Final = (1 << 63) - 1
"""billionths; a larger value is kept as this one, which is beyond every target that can be written"""
FILTERS: Final = ("entrypoint", "exchange", "stage")
"""labels that a value carries, and by which an objective may choose"""


class IndicatorKind(StrEnum):
    """What one value says, and with that how values may be put together."""

    AMOUNT = "amount"
    """one number for each event"""
    FRACTION = "fraction"
    """one number from 0 to 1 for each event"""
    SUCCESS = "success"
    """1 or 0 for each event"""
    STATE = "state"
    """up or down, as long as somebody watched"""


class Aggregation(StrEnum):
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    AVERAGE = "average"
    RATIO = "ratio"
    MAX = "max"


QUANTILES: Final[Mapping[Aggregation, Fraction]] = {
    Aggregation.P50: Fraction(1, 2),
    Aggregation.P95: Fraction(95, 100),
    Aggregation.P99: Fraction(99, 100),
}
ALLOWED: Final[Mapping[IndicatorKind, tuple[Aggregation, ...]]] = {
    IndicatorKind.AMOUNT: (Aggregation.P50, Aggregation.P95, Aggregation.P99, Aggregation.AVERAGE, Aggregation.MAX),
    IndicatorKind.FRACTION: (Aggregation.P50, Aggregation.P95, Aggregation.P99, Aggregation.AVERAGE),
    IndicatorKind.SUCCESS: (Aggregation.RATIO,),
    IndicatorKind.STATE: (Aggregation.RATIO,),
}
"""what an objective may do with the values of an indicator"""


@dataclass(frozen=True, slots=True)
class Indicator:
    """`missing` says why nobody measures it yet; empty: sessions and live desks do."""

    name: str
    kind: IndicatorKind
    unit: str
    doc: str
    missing: str = ""


_UI: Final = "the operator console, which measures it, is not part of this release"

DECISION_LATENCY: Final = Indicator(
    "decision_latency_ms",
    IndicatorKind.AMOUNT,
    "ms",
    "From the arrival of a closed candle in the session until its decision is durable and its orders are handed over.",
)
TRADE_COST: Final = Indicator(
    "trade_cost_bps",
    IndicatorKind.AMOUNT,
    "bps",
    "What an order cost against the price that risk judged it at: worse price and fee, of what it was worth there.",
)
FILL_RATIO: Final = Indicator(
    "fill_ratio", IndicatorKind.FRACTION, "", "What was filled of an order for a target that has ended, of what was ordered."
)
RISK_LATENCY: Final = Indicator(
    "risk_service_decision_latency_seconds", IndicatorKind.AMOUNT, "s", "How long risk took to decide about an order."
)
RISK_UP: Final = Indicator(
    "risk_service_up", IndicatorKind.STATE, "", "Whether a session's risk could be asked, and its answers became durable."
)
EXCHANGE_LATENCY: Final = Indicator(
    "bot_exchange_latency_seconds", IndicatorKind.AMOUNT, "s", "Round trip of one call to a venue."
)
EXCHANGE_SUCCESS: Final = Indicator(
    "bot_exchange_request_success",
    IndicatorKind.SUCCESS,
    "",
    "Whether a call to a venue was answered; a refusal of the venue is an answer, that of its rate limit is none.",
)
EXCHANGE_HEALTH: Final = Indicator(
    "bot_exchange_health_status", IndicatorKind.STATE, "", "Whether a venue's last probe passed, is fresh and its circuit closed."
)
LIVE_LATENCY: Final = Indicator(
    "live_execution_latency_seconds",
    IndicatorKind.AMOUNT,
    "s",
    "From the risk decision about a live order to the venue's definite answer.",
)

INDICATORS: Final[Mapping[str, Indicator]] = {
    each.name: each
    for each in (
        DECISION_LATENCY,
        TRADE_COST,
        FILL_RATIO,
        RISK_LATENCY,
        RISK_UP,
        EXCHANGE_LATENCY,
        EXCHANGE_SUCCESS,
        EXCHANGE_HEALTH,
        LIVE_LATENCY,
        Indicator("bot_ui_event_to_frame_p95_ms", IndicatorKind.AMOUNT, "ms", "From an event to the frame that shows it.", _UI),
        Indicator("bot_ui_fps", IndicatorKind.AMOUNT, "1/s", "Frames per second of the operator console.", _UI),
        Indicator("bot_ui_feed_latency_p95_ms", IndicatorKind.AMOUNT, "ms", "Delay of the console's feed.", _UI),
        Indicator("bot_ui_feed_staleness_seconds", IndicatorKind.AMOUNT, "s", "Age of what the console shows.", _UI),
    )
}


def billionths(value: float | Fraction | Decimal) -> int:
    """Return a value in whole billionths, half to even, within ±`MOST`; ValueError for one that is no number.

    A float counts as the shortest decimal that reads back as it: 0.94 is 940,000,000.
    """
    if isinstance(value, Fraction):
        scaled = value * BILLION
        return max(-MOST, min(MOST, round(scaled)))
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        raise ValueError(f"{value} is no value of an indicator")
    if abs(number) >= BILLION * 9:
        return MOST if number > 0 else -MOST
    return int((number * BILLION).to_integral_value(ROUND_HALF_EVEN))
