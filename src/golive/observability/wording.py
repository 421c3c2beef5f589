"""Words in the languages that Golive speaks to people: tables of them, and how one is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias


class Language(str, Enum):
    EN = "en"
    PL = "pl"


Pair: TypeAlias = tuple[str, str]
"""English, Polish"""
Words: TypeAlias = Mapping[str, Pair]


def spoken(pair: Pair, language: Language) -> str:
    """Return the one of the two that is in this language."""
    return pair[0 if language is Language.EN else 1]


def word(words: Words, name: str, language: Language) -> str:
    """Return a word; one that nobody translated as it is, without its underscores."""
    pair = words.get(name)
    return name.replace("_", " ") if pair is None else spoken(pair, language)
