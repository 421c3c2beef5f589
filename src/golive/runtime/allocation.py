"""The strategy that the configuration names: one by itself, or several that share the capital."""

from __future__ import annotations

import hashlib
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.core_file import AllocationMember
from golive.market.timeframe import timeframe_ns
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.trading_window import TradingWindow
from golive.strategy import ORDER_PARAMETERS, bound, resolve_parameters
from golive.strategy.allocation import Allocation, Member

from .strategy_folder import FoundStrategy, find_strategy

YEAR_NS = 31_536_000 * 10**9


def configured_strategy(config: Configuration, name: str, timeframe: str, home: Path) -> FoundStrategy:
    """Return the strategy of this name: an allocation where core.yaml makes it one, else the one that is found by itself.

    Raises ConfigError, with the place in core.yaml for a member that is wrong.
    """
    section = config.core.strategies.get(name)
    if section is None or not section.allocation:
        return find_strategy(name, home)
    members, sources = [], []
    for number, each in enumerate(section.allocation):
        path = ("strategies", name, "allocation", str(number))
        found = _found(config, path, each, timeframe, home)
        sources.append(found.source_sha256)
        members.append(_member(config, path, each, found, timeframe))
    try:
        strategy = Allocation(name, members)
    except ConfigError as exc:
        raise config.error(("strategies", name, "allocation"), str(exc)) from None
    digest = hashlib.sha256("\n".join(sources).encode()).hexdigest() if any(sources) else ""
    return FoundStrategy(strategy, source_sha256=digest)


def _found(config: Configuration, path: tuple[str, ...], each: AllocationMember, timeframe: str, home: Path) -> FoundStrategy:
    try:
        found = find_strategy(each.strategy, home)
    except ConfigError as exc:
        raise config.error((*path, "strategy"), str(exc)) from None
    own = getattr(found.strategy, "timeframe", timeframe)
    if timeframe_ns(own) != timeframe_ns(timeframe):
        raise config.error((*path, "strategy"), f"{each.strategy} is for candles of {own}, the allocation for {timeframe}")
    return found


def _member(config: Configuration, path: tuple[str, ...], each: AllocationMember, found: FoundStrategy, timeframe: str) -> Member:
    strategy, given = found.strategy, dict(each.parameters)
    for name in given:
        if name in ORDER_PARAMETERS:
            raise config.error(
                (*path, "parameters", name),
                "how orders are made belongs to the whole",
                fix="set it in the allocation's parameters",
            )
        if name not in strategy.parameters:
            known = ", ".join(sorted(set(strategy.parameters) - set(ORDER_PARAMETERS)))
            raise config.error((*path, "parameters", name), f"{each.strategy} has no such parameter", allowed=known)
    if "bars_per_year" in strategy.parameters and "bars_per_year" not in given:
        given["bars_per_year"] = YEAR_NS // timeframe_ns(timeframe)
    for name, value in given.items():
        try:
            resolve_parameters(each.strategy, strategy.parameters, {name: value})
        except ConfigError as exc:
            raise config.error((*path, "parameters", name), str(exc)) from None
    return Member(
        strategy=strategy,
        params=bound(resolve_parameters(each.strategy, strategy.parameters, given)),
        share=float(each.capital_pct),
        schedule=tuple(TradingWindow.parse(text) for text in each.schedule),
        instruments=frozenset(map(InstrumentId.parse, each.instruments)) or None,
    )
