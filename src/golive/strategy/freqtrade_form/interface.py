"""`IStrategy`: the attributes and methods of a freqtrade strategy class, with their defaults, and nothing of its machinery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from pandas import DataFrame


class IStrategy:
    """The base of a strategy in DataFrame form; see `golive.strategy.freqtrade_form.adapter` for what becomes of it.

    Interface: https://www.freqtrade.io/en/stable/strategy-customization/ (versions 1 to 3).
    """

    INTERFACE_VERSION: int = 3
    timeframe: str = ""
    can_short: bool = False
    minimal_roi: ClassVar[Mapping[Any, float]] = {}
    stoploss: float = -1.0
    trailing_stop: bool = False
    trailing_stop_positive: float | None = None
    trailing_stop_positive_offset: float = 0.0
    trailing_only_offset_is_reached: bool = False
    use_exit_signal: bool = True
    exit_profit_only: bool = False
    exit_profit_offset: float = 0.0
    ignore_roi_if_entry_signal: bool = False
    use_custom_stoploss: bool = False
    use_custom_roi: bool = False
    position_adjustment_enable: bool = False
    process_only_new_candles: bool = True
    startup_candle_count: int = 0

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.config = dict(config or {})

    def bot_start(self, **kwargs: Any) -> None:
        """Prepare once, before the first candle."""

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        return self.populate_buy_trend(dataframe, metadata)

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        return self.populate_sell_trend(dataframe, metadata)

    def populate_buy_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """The name of version 2 for `populate_entry_trend`."""
        return dataframe

    def populate_sell_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """The name of version 2 for `populate_exit_trend`."""
        return dataframe

    def informative_pairs(self) -> list[tuple[str, ...]]:
        return []

    def version(self) -> str | None:
        return None
