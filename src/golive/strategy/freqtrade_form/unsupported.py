"""What of a freqtrade strategy class is not carried over: what stops it, and what is left out because it changes nothing here.

A strategy runs only when all that decides its trades is carried over. Everything that is not is found before it runs, on the
class and in the names that its methods use, and said in one list.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any, Final

from .interface import IStrategy

REFUSED_METHODS: Final[Mapping[str, str]] = {
    "custom_exit": "exits are decided on closed candles by exit_long, minimal_roi and the stop",
    "custom_sell": "exits are decided on closed candles by exit_long, minimal_roi and the stop",
    "custom_entry_price": "entries are market orders at the next open, or limits at the close (entry_ttl_bars)",
    "custom_exit_price": "exits are market orders at the next open",
    "custom_stake_amount": "size is position_pct or position_quantity, under the risk profile",
    "confirm_trade_entry": "a signal that risk allows is traded",
    "confirm_trade_exit": "a signal that risk allows is traded",
    "order_filled": "orders and fills are not shown to the class",
    "adjust_entry_price": "resting orders are not moved",
    "adjust_exit_price": "resting orders are not moved",
    "adjust_order_price": "resting orders are not moved",
    "bot_loop_start": "nothing runs between candles",
    "populate_any_indicators": "FreqAI is not carried over",
    "set_freqai_targets": "FreqAI is not carried over",
    "feature_engineering_expand_all": "FreqAI is not carried over",
    "feature_engineering_expand_basic": "FreqAI is not carried over",
    "feature_engineering_standard": "FreqAI is not carried over",
}
SWITCHED_METHODS: Final[Mapping[str, tuple[str, str]]] = {
    "custom_stoploss": ("use_custom_stoploss", "the stop stands at `stoploss` or trails by it"),
    "custom_roi": ("use_custom_roi", "minimal_roi is a table"),
    "adjust_trade_position": ("position_adjustment_enable", "a position is opened and closed as a whole"),
}
HARMLESS_METHODS: Final[Mapping[str, str]] = {
    "leverage": "spot is traded without leverage",
    "check_entry_timeout": "the engine keeps the time of its orders (entry_ttl_bars)",
    "check_exit_timeout": "the engine keeps the time of its orders",
    "check_buy_timeout": "the engine keeps the time of its orders (entry_ttl_bars)",
    "check_sell_timeout": "the engine keeps the time of its orders",
    "plot_annotations": "pages are drawn by Golive",
}
HARMLESS_ATTRIBUTES: Final[Mapping[str, str]] = {
    "order_types": "entries and exits are market orders at the next open; the stop rests at the venue",
    "order_time_in_force": "the engine chooses it",
    "unfilledtimeout": "the engine keeps the time of its orders (entry_ttl_bars)",
    "ignore_buying_expired_candle_after": "a signal is acted on at the next open or not at all",
    "plot_config": "pages are drawn by Golive",
    "HyperOpt": "`golive sweep` searches the declared parameters",
}
REFUSED_NAMES: Final[Mapping[str, str]] = {
    "dp": "the DataProvider: a strategy sees the candles of its own pair and timeframe",
    "wallets": "balances are not shown to a strategy",
    "Trade": "trades are not shown to a strategy",
    "merge_informative_pair": "candles of another pair or timeframe are not merged in",
    "lock_pair": "pairs are not locked",
}


def refusals(cls: type[IStrategy]) -> list[str]:
    """Return every reason for which the class cannot run, in a fixed order; empty when it can."""
    return [*_missing(cls), *_settings(cls), *_methods(cls), *_names(cls)]


def refusals_in_text(source: str) -> list[str]:
    """Return what `refusals` would say of methods and names in a file that cannot be loaded, as far as its text tells."""
    found: dict[str, str] = {}
    for each in ast.walk(ast.parse(source)):
        if not isinstance(each, ast.ClassDef) or "IStrategy" not in (ast.unparse(base) for base in each.bases):
            continue
        for part in ast.walk(each):
            if isinstance(part, ast.FunctionDef):
                name, refused = part.name, REFUSED_METHODS
            elif isinstance(part, ast.Attribute | ast.Name):
                name, refused = part.attr if isinstance(part, ast.Attribute) else part.id, REFUSED_NAMES
            else:
                continue
            if name in refused:
                found[name] = refused[name]
    return [f"{name}: {why}" for name, why in found.items()]


def left_out(cls: type[IStrategy]) -> list[str]:
    """Return what the class has that changes nothing here."""
    found = [f"{name}: {why}" for name, why in {**HARMLESS_METHODS, **HARMLESS_ATTRIBUTES}.items() if _own(cls, name)]
    for name, (switch, _) in SWITCHED_METHODS.items():
        if _own(cls, name) and not getattr(cls, switch, False):
            found.append(f"{name}: {switch} is off")
    return found


def _own(cls: type, name: str) -> Any:
    """Return what the class or a base of it below IStrategy says of a name, None for nothing."""
    for each in cls.__mro__:
        if each is IStrategy:
            return None
        if name in vars(each):
            return vars(each)[name]
    return None


def _missing(cls: type[IStrategy]) -> Iterator[str]:
    if not getattr(cls, "timeframe", "") and not getattr(cls, "ticker_interval", ""):
        yield "timeframe: the class does not say which candles it is for"
    for new, old in (("populate_entry_trend", "populate_buy_trend"), ("populate_exit_trend", "populate_sell_trend")):
        if _own(cls, new) is None and _own(cls, old) is None:
            yield f"{new}: the class does not have it"


def _is_on(cls: type, name: str) -> bool:
    return bool(getattr(cls, name, False))


def _settings(cls: type[IStrategy]) -> Iterator[str]:
    if _is_on(cls, "can_short"):
        yield "can_short = True: spot cannot short"
    if not getattr(cls, "process_only_new_candles", True):
        yield "process_only_new_candles = False: a strategy is asked once for each closed candle"
    if _is_on(cls, "trailing_stop") and getattr(cls, "trailing_stop_positive", None) is not None:
        yield "trailing_stop_positive: a stop trails at one distance, that of `stoploss`"
    if _is_on(cls, "trailing_stop") and _is_on(cls, "trailing_only_offset_is_reached"):
        yield "trailing_only_offset_is_reached: a stop trails from the entry on"
    for name, (switch, instead) in SWITCHED_METHODS.items():
        if _is_on(cls, switch):
            yield f"{switch} = True ({name}): {instead}"
    if _own(cls, "protections"):
        yield "protections: trading is limited by the risk profile"
    if _own(cls, "freqai_info") is not None:
        yield "freqai_info: FreqAI is not carried over"


def _methods(cls: type[IStrategy]) -> Iterator[str]:
    for name, instead in REFUSED_METHODS.items():
        if _own(cls, name) is not None:
            yield f"{name}: {instead}"
    if any(getattr(each, "is_informative", False) for base in cls.__mro__ for each in vars(base).values()):
        yield "@informative: a strategy sees the candles of its own pair and timeframe"
    pairs = _own(cls, "informative_pairs")
    if isinstance(pairs, FunctionType) and not _returns_nothing(pairs):
        yield "informative_pairs: a strategy sees the candles of its own pair and timeframe"


def _returns_nothing(method: Callable[..., Any]) -> bool:
    """Whether `informative_pairs` is the empty one of the templates: it names nothing and holds no text but its docstring."""
    code = method.__code__
    texts = [each for each in code.co_consts if isinstance(each, str | tuple) and each != method.__doc__]
    return not code.co_names and not texts


def _names(cls: type[IStrategy]) -> Iterator[str]:
    used = {
        name
        for base in cls.__mro__[: cls.__mro__.index(IStrategy)]
        for each in vars(base).values()
        if isinstance(each, FunctionType) and each.__name__ not in SWITCHED_METHODS and each.__name__ not in HARMLESS_METHODS
        for name in _names_in(each.__code__)
    }
    for name, instead in REFUSED_NAMES.items():
        if name in used:
            yield f"{name}: {instead}"


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names_in(each)
