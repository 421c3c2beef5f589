"""Strategies written as classes in freqtrade's DataFrame form: loading them, and running them as strategies of Golive."""

from .adapter import FrameStrategy, adapted, classes_in
from .interface import IStrategy
from .names import foreign_names
from .unsupported import refusals_in_text

__all__ = ["FrameStrategy", "IStrategy", "adapted", "classes_in", "foreign_names", "refusals_in_text"]
