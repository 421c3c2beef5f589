"""Every word about signals and times stands in both languages, with the same gaps to fill in."""

from __future__ import annotations

from string import Formatter

import pytest

from golive.cli.chain_words import CAUSES, ROWS, TEXTS
from golive.observability.wording import Words


@pytest.mark.parametrize("words", [ROWS, CAUSES, TEXTS])
def test_both_languages_fill_in_the_same(words: Words) -> None:
    for name, pair in words.items():
        assert all(pair), name
        english, polish = ({field for _, field, _, _ in Formatter().parse(text) if field} for text in pair)
        assert english == polish, name
