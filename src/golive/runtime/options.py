"""What the operator asked for on the command line of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["demo", "paper", "live"]
Shadow = Literal["ideal", "none"]
Scope = Literal["all", "selected"]

DEFAULT_CANDLES = 2400
"""Length of a generated market at speed max: 40 hours of one-minute bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """One run; None = the default that follows from the endpoint (see each field)."""

    mode: Mode = "paper"
    entrypoint: str | None = None
    """default: `trading.default_entrypoint`"""
    data: Path | None = None
    volume_unit: Literal["base", "quote"] | None = None
    """what the volume column of recorded candles counts; None = not said, read as base and warned about"""
    symbol: str | None = None
    """one symbol of the universe; default: all"""
    timeframe: str | None = None
    """default: the strategy's"""
    speed: str | None = None
    """`max`, `1` or a factor; default `max` for the embedded venue, else `1`"""
    candles: int | None = None
    """most candles of a recorded or generated market; default: all that is recorded, DEFAULT_CANDLES generated ones"""
    max_runtime_s: float | None = None
    """0 = until stopped; default: until the data ends at speed max, else until stable plus one reference window"""
    seed: int = 7
    allow_unknown: bool = False
    scope: Scope = "all"
    """which paper entrypoints the exchange metrics judge; a run that leaves some out opens no further stage"""
    manual_confirm: bool = False
    read_only: bool = False
    """dry run: signals and decisions, and nothing that could order is constructed"""
    credentials: Path | None = None
    """key file of a simulated venue on this machine, for the dry run of a live environment that leads there"""
    report_dir: Path = Path("logs/e2e")
    report_markdown_dir: Path = Path("reports/e2e")
    ready_file: Path | None = None
    shadow: Shadow = "ideal"
    """which simulator stands beside the session, for comparison alone"""
    resume: bool = False
    """go on with the newest session of this stage and entrypoint that did not end"""
