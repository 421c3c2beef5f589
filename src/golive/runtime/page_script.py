"""Reads the scripts and styles that pages carry inside them."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from golive.backtest.html import PageScript

_PLOT: Final = "uPlot-1.6.32"


def backtest_script() -> PageScript:
    """Return what draws the charts of a backtest's page: uPlot and what tells it what to draw."""
    folder = files("golive.runtime") / "page_assets"
    plot = folder / _PLOT
    return PageScript(
        styles=((plot / "uPlot.min.css").read_text(encoding="utf-8"), (folder / "backtest.css").read_text(encoding="utf-8")),
        scripts=((plot / "uPlot.iife.min.js").read_text(encoding="utf-8"), (folder / "backtest.js").read_text(encoding="utf-8")),
    )
