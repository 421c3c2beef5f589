"""The limits of a risk profile, as `config/core.yaml` has them. What each does: docs/risk.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from golive.model.trading_window import FORM, PATTERN

from .key import Key

_ASSET: Final = r"[A-Z0-9]{1,16}"
_SYMBOL: Final = rf"{_ASSET}/{_ASSET}"
_WINDOW: Final = 600
"""the longest window in which the same order is looked for, seconds; risk remembers orders for as long"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskProfile:
    max_daily_loss_pct: Annotated[
        Decimal,
        Key("Loss since the start of the UTC day at which trading stops.", unit="fraction of equity", minimum=0, maximum=1),
    ]
    max_position_pct: Annotated[
        Decimal, Key("Largest position in one instrument.", unit="fraction of equity", minimum=0, maximum=1)
    ]
    max_open_positions: Annotated[int, Key("Most instruments held at once.", unit="positions", minimum=0, maximum=1000)]
    hard_drawdown_pct: Annotated[
        Decimal, Key("Fall from the peak of equity at which trading stops.", unit="fraction of the peak", minimum=0, maximum=1)
    ]
    weekly_loss_pct: Annotated[
        Decimal | None,
        Key("Loss since Monday, UTC, at which trading stops.", unit="fraction of equity", minimum=0, maximum=1),
    ] = None
    portfolio_exposure_pct: Annotated[
        Decimal | None, Key("Most that all positions together may be worth.", unit="fraction of equity", minimum=0, maximum=1)
    ] = None
    target_volatility: Annotated[
        Decimal | None, Key("Highest volatility of what is held.", unit="fraction of equity a year", minimum=0, maximum=100)
    ] = None
    stop_loss_atr_multiple: Annotated[
        Decimal | None,
        Key(
            "Least distance of a protective stop; without one, the fall that trade_risk_pct reckons with.",
            unit="average true ranges of 14 bars",
            minimum=0,
            maximum=100,
        ),
    ] = None
    trade_risk_pct: Annotated[
        Decimal | None, Key("Most that a position may lose at its stop.", unit="fraction of equity", minimum=0, maximum=1)
    ] = None
    max_cost_to_profit_ratio: Annotated[
        Decimal,
        Key("Most that fees may take of the profit before fees, over 30 days of trading.", minimum=0, maximum=1000),
    ] = Decimal("0.25")
    price_collar_pct: Annotated[
        Decimal,
        Key(
            "How much worse than the market's prices an order's price may be.", unit="fraction of the price", minimum=0, maximum=1
        ),
    ] = Decimal("0.02")
    reference_max_age_seconds: Annotated[
        Decimal, Key("A price older than this is no reference for the collar.", unit="s", above=0, maximum=3600)
    ] = Decimal(5)
    max_order_quantity: Annotated[
        Mapping[str, Decimal],
        Key(
            "Most that one order may buy, by base asset.", above=0, names=_ASSET, names_form="an asset such as BTC", example="BTC"
        ),
    ] = field(default_factory=dict)
    max_order_notional: Annotated[
        Decimal | None, Key("Most that one order may be worth.", unit="quote asset", above=0, maximum=1_000_000_000)
    ] = None
    max_orders_per_minute: Annotated[int, Key("Most orders and amendments in a minute.", minimum=0, maximum=100_000)] = 60
    duplicate_window_seconds: Annotated[
        Decimal,
        Key("The same order – instrument, side, quantity, price – is refused within it.", unit="s", minimum=0, maximum=_WINDOW),
    ] = Decimal(2)
    max_open_orders: Annotated[int, Key("Most orders that work at once.", minimum=0, maximum=100_000)] = 20
    repeated_execution_limit: Annotated[
        int,
        Key(
            "Most orders of one instrument and side executed in a minute; beyond it a named person has to re-arm the side.",
            minimum=0,
            maximum=100_000,
        ),
    ] = 10
    cooldown_after_loss_minutes: Annotated[
        Decimal | None,
        Key(
            "No new position in an instrument for so long after one was closed with a loss.",
            unit="min",
            minimum=0,
            maximum=525_600,
        ),
    ] = None
    stop_loss_guard_count: Annotated[
        int | None,
        Key("No new position after as many protective stops within stop_loss_guard_minutes.", minimum=1, maximum=1000),
    ] = None
    stop_loss_guard_minutes: Annotated[
        Decimal, Key("Time in which protective stops are counted.", unit="min", above=0, maximum=525_600)
    ] = Decimal(60)
    max_consecutive_losses: Annotated[
        int | None,
        Key("No new position after as many losses in a row, for the rest of the UTC day.", minimum=1, maximum=1000),
    ] = None
    symbol_locks: Annotated[
        tuple[str, ...],
        Key("Instruments in which nothing new is bought.", pattern=_SYMBOL, form="a symbol such as BTC/USDT"),
    ] = ()
    trading_windows: Annotated[
        tuple[str, ...], Key("Times of the week, UTC, in which risk may be increased; none = always.", pattern=PATTERN, form=FORM)
    ] = ()
    stale_data_seconds: Annotated[
        Decimal,
        Key("No new position when nothing was heard of its market for so long, beyond a bar.", unit="s", above=0, maximum=86_400),
    ] = Decimal(60)
