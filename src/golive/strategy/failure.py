"""What is said of a strategy that raises an error or gives what is no target: one line with strategy, bar and place."""

from __future__ import annotations

import traceback
from typing import Final

from golive.model.clock import to_iso
from golive.model.errors import GoliveError, StrategyError

FAILURES: Final = (Exception, SystemExit)
"""what a strategy may raise; an interrupt from the keyboard is not the strategy's"""

USER_MODULES: Final = "golive_strategies"
"""the package that modules of the user's strategies belong to"""


def no_target(name: str, ts: int, said: object) -> StrategyError:
    """Return the error of a strategy that gave `said` at the bar closed at `ts` (ns UTC)."""
    value = repr(float(said)).removesuffix(".0") if isinstance(said, float) else repr(said)
    return StrategyError(
        f"strategy {name}: at the bar closed {to_iso(ts)} it gave {value}; a target is a share between 0 and 1, or WARMING_UP"
    )


def failed(name: str, ts: int, error: BaseException) -> StrategyError:
    """Return the error of a strategy that raised `error` at the bar closed at `ts` (ns UTC); one that names its bar stays."""
    if isinstance(error, StrategyError):
        return error
    return StrategyError(f"strategy {name}: at the bar closed {to_iso(ts)}: {told(name, error)}")


def failed_when_told(name: str, news: str, ts: int, error: BaseException) -> StrategyError:
    """Return the error of a strategy that raised `error` when told of its fill or a trade (`news`) of `ts` (ns UTC)."""
    return StrategyError(f"strategy {name}: told of {news} at {to_iso(ts)}: {told(name, error)}")


def failed_over(name: str, bars: int, error: BaseException) -> StrategyError:
    """Return the error of a strategy that raised `error` when asked about `bars` bars at once."""
    return StrategyError(f"strategy {name}: over {bars:,} bars: {told(name, error)}")


def failed_to_start(name: str, error: BaseException) -> StrategyError:
    """Return the error of a strategy that raised `error` before its first bar."""
    return StrategyError(f"strategy {name}: before its first bar: {told(name, error)}")


def told(name: str, error: BaseException) -> str:
    """Return an error of a strategy as one line, with file and line; one of Golive's own says by itself where it arose."""
    if isinstance(error, GoliveError):
        return str(error).removeprefix(f"strategy {name}: ")
    text = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
    place = _place(error)
    return f"{type(error).__name__}{f': {text}' if text else ''}{f' ({place})' if place else ''}"


def _place(error: BaseException) -> str:
    """Return the innermost line of a strategy file, else the innermost one that is not Golive's, else the innermost."""
    frames = [(frame.f_globals.get("__name__", ""), frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    of_user = [each for each in frames if each[0].startswith(f"{USER_MODULES}.")]
    foreign = [each for each in frames if not each[0].startswith("golive.")]
    for _, frame, line in reversed(of_user or foreign or frames):
        return f"{frame.f_code.co_filename}:{line}"
    return ""
