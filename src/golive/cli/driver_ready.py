"""The wait for the compiler before a backtest or a sweep, told before it begins."""

from __future__ import annotations

from .telling import tell


def have_driver_ready() -> None:
    """Compile the driver over columns where it never was, and say so on stderr."""
    from golive.runtime.column_driver import is_ready, make_ready

    if not is_ready():
        tell("golive: compiling the driver of backtests, once for this release; that takes up to a minute")
        make_ready()
