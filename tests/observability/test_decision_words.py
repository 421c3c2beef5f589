"""Every code and every event has words in both languages, and what a rule says is told in its unit."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from golive.audit.decision_event import EVENTS
from golive.model.decision import REFUSALS, DecisionCode
from golive.observability.decision_words import CODES, EVENT_WORDS, Unit, codes_markdown, phrase, sentence
from golive.observability.unwritten import UNWRITTEN
from golive.observability.wording import Language
from support.sources import texts

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_has_every_code_and_every_event() -> None:
    assert set(CODES) == set(DecisionCode)
    assert set(EVENT_WORDS) == set(EVENTS)


@pytest.mark.parametrize("code", DecisionCode)
def test_a_code_speaks_both_languages_and_says_the_same_numbers_in_both(code: DecisionCode) -> None:
    words = CODES[code]
    assert all(words.phrase)
    assert words.phrase[0] != words.phrase[1]
    if words.sentence is not None:
        english, polish = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in words.sentence)
        assert english == polish
        assert english <= {"limit", "value"}
    assert words.unit is Unit.PLAIN or words.sentence is not None


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_speaks_both_languages(event: str) -> None:
    english, polish = EVENT_WORDS[event]
    assert english
    assert polish
    assert english != polish


def test_a_refusal_of_risk_has_a_sentence() -> None:
    without = {code for code in REFUSALS if CODES[code].sentence is None}
    assert without <= {DecisionCode.GATE_BLOCKED, DecisionCode.LICENCE_REDUCE_ONLY, DecisionCode.SYMBOL_FROZEN}


def test_a_sentence_tells_limit_and_value_in_the_unit_of_the_rule() -> None:
    said = sentence("RISK_MAX_POSITION", "0.05", "0.061")
    assert said == "would make the position 6.1 % of equity; at most 5 % is allowed"
    assert sentence("RISK_MAX_POSITION", "0.05", "0.061", Language.PL) == (
        "pozycja stanowiłaby 6.1 % kapitału; dozwolone jest najwyżej 5 %"
    )
    assert "5.0001 %" in sentence("RISK_MAX_POSITION", "0.05", "0.050001")
    assert sentence("RISK_OPEN_ORDERS", "20", "21") == "would be open order number 21; at most 20 are allowed"
    assert sentence("RISK_MISSING_INPUT", "known", "missing: equity") == "cannot be judged without what is missing: equity"
    assert "no profit of what" in sentence("RISK_COST_RATIO", "0.25", "no profit")
    assert "loss at 2026-01-10 09:00:00;" in sentence("COOLDOWN", "30", "2026-01-10T09:00:00Z")


def test_what_has_no_numbers_is_told_by_its_phrase() -> None:
    assert sentence("RISK_MAX_POSITION", None, None) == phrase("RISK_MAX_POSITION") == "the position would be too large"
    assert phrase("ON_TARGET", Language.PL) == "cel jest osiągnięty"
    assert phrase("51008", Language.PL) == "51008"


def test_the_table_is_published_as_it_is() -> None:
    assert codes_markdown() in (DOCS / "codes.md").read_text(), "write the tables of docs/codes.md anew"


def test_what_is_declared_and_not_written_is_told_and_nothing_else() -> None:
    """A code or an event that a later version begins to write leaves the table, and one that is given up joins it."""
    tables = {"model/decision.py", "audit/decision_event.py", "observability/decision_words.py", "observability/unwritten.py"}
    of_live_orders = {"storage/live_log.py", "execution/live/router.py"}
    """what stands here goes into the decision log of live orders, and into no decision journal"""
    said = {path: text for path, text in texts().items() if path not in tables}
    used = {code for code in DecisionCode if any(re.search(rf"\bDecisionCode\.{code}\b", text) for text in said.values())}
    written = {
        event for event in EVENTS if any(f'"{event}"' in text for path, text in said.items() if path not in of_live_orders)
    }
    assert {*map(str, set(DecisionCode) - used), *(set(EVENTS) - written)} == set(UNWRITTEN)
