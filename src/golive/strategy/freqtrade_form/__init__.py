"""Strategies written as classes in freqtrade's DataFrame form: loading them, and running them as strategies of Golive."""

from .adapter import FrameStrategy, adapted, classes_in
from .interface import IStrategy
from .names import foreign_names

__all__ = ["FrameStrategy", "IStrategy", "adapted", "classes_in", "foreign_names"]
