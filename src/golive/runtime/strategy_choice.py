"""Which strategy a backtest runs, and with which timeframe and parameters: those of the configuration where it names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.strategy import Strategy

from .allocation import configured_strategy


@dataclass(frozen=True, slots=True)
class StrategyChoice:
    """A strategy, the timeframe it runs on unless another is given, and what the configuration sets of its parameters."""

    strategy: Strategy
    timeframe: str
    parameters: Mapping[str, object]
    notes: tuple[str, ...] = ()


def chosen_strategy(
    config: Configuration, entry: ResolvedEntrypoint, name: str | None, home: Path, timeframe: str | None = None
) -> StrategyChoice:
    """Return the named strategy, else the entrypoint's; ConfigError naming the known ones when there is none.

    `timeframe` is the one that was asked for, None for the configuration's.
    """
    wanted = name or entry.strategy
    section = config.core.strategies.get(wanted)
    strategy = configured_strategy(config, wanted, timeframe or (section or entry).timeframe, home).strategy
    own = getattr(strategy, "timeframe", None)
    notes = tuple(f"strategy {wanted}: {each}" for each in getattr(strategy, "left_out", ()))
    if section is None:
        return StrategyChoice(strategy, own or entry.timeframe, {}, notes)
    return StrategyChoice(strategy, own or section.timeframe, dict(section.parameters), notes)
