"""Sets of a sweep that no account can trade, found before anything is computed: a position can be promised to one order only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, islice
from typing import Final

from golive.backtest.search import MOST_SETS, Space, Values
from golive.engine.protection import Protection
from golive.model.errors import ConfigError

_NAMES: Final = ("stop_loss_pct", "trailing_stop_pct", "take_profit_pct")
_DRAWN: Final = 1000
"""sets that stand for a search whose sets are not known before"""


def check_protection(space: Space, parameters: Mapping[str, float], method: str, trials: int | None, seed: int) -> None:
    """Raise ConfigError, with the condition that leaves them out, where sets have more than one protective order.

    Args:
        parameters: those that no axis moves.
        method: `grid`, `random` or `bayesian`, of whose sets a sample is looked at.
    """
    moving = {axis.name: axis for axis in space.axes}
    used = [name for name in _NAMES if (moving[name].high if name in moving else parameters.get(name, 0)) > 0]
    if len(used) < 2:
        return
    for values in _sets(space, method, trials, seed):
        chosen = {**parameters, **dict(zip(space.names, values, strict=True))}
        try:
            Protection.of(chosen)
        except ConfigError as exc:
            told = ", ".join(f"{name} {chosen[name]:g}" for name in used)
            raise ConfigError(f"{exc} (in the set with {told}){_advice(space, used)}") from exc


def _sets(space: Space, method: str, trials: int | None, seed: int) -> Iterator[Values]:
    if method == "grid":
        return space.grid()
    return islice(space.drawn(seed), min(trials or 0, MOST_SETS) if method == "random" else _DRAWN)


def _advice(space: Space, used: list[str]) -> str:
    """Return the conditions that help; nothing where no parameter can be 0."""
    without = {axis.name for axis in space.axes if axis.low == 0}
    pairs = [pair for pair in combinations(used, 2) if not without.isdisjoint(pair)]
    if len(pairs) < len(used) * (len(used) - 1) // 2:
        return ""
    return "; leave such sets out: " + " ".join(f'--where "{a} * {b} == 0"' for a, b in pairs)
