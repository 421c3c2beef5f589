"""The engine's second driver: a session without latency over columns of candles, compiled and exact."""

from .driver import run_columns
from .held import unheld
from .result import ColumnRun, FillColumns
from .summary import Replays, Summary
from .terms import Terms

__all__ = ["ColumnRun", "FillColumns", "Replays", "Summary", "Terms", "run_columns", "unheld"]
