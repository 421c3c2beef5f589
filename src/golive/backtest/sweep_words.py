"""What the measures of luck are called, and what they allow to be said of the best set."""

from __future__ import annotations

from typing import Final

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.page import Cell, Tone, percent

PROVED: Final = 0.95
"""a deflated Sharpe ratio from which luck is not the plain explanation"""
OVERFITTED: Final = 0.5
"""a probability of overfitting from which choosing the best is no better than choosing any"""


def ratio(value: float | None) -> str:
    """Return a ratio with two decimals, a dash for none."""
    return "–" if value is None else f"{value:.2f}"


def verdict(outcome: JsonObject) -> tuple[str, Tone, str]:
    """Return headline, tone and reason; a missing measure is no good news."""
    if read.number(read.mappings(outcome, "best")[0], "return") <= 0:
        return "nothing gained", "bad", "even the best loses"
    luck = read.optional_mapping(outcome, "overfitting")
    if luck is None or read.optional_number(luck, "deflated_sharpe") is None:
        return "not measured", "warn", "how much of it is luck cannot be said"
    deflated, pbo = read.number(luck, "deflated_sharpe"), read.optional_mapping(luck, "backtest_overfitting")
    said = f"deflated Sharpe ratio {deflated:.2f}"
    if pbo is None:
        return "not measured", "warn", f"{said}, too few periods or different sets to say how overfitted the choice is"
    chance = read.number(pbo, "probability")
    said += f", probability of overfitting {percent(chance, 1)}"
    if deflated >= PROVED and chance < OVERFITTED / 2:
        return "more than luck", "good", said
    if deflated < 0.5 or chance >= OVERFITTED:
        return "probably luck", "bad", said
    return "may be luck", "warn", said


def overfitting_rows(outcome: JsonObject) -> tuple[tuple[str, Cell], ...]:
    """Return the measures by name."""
    luck = read.optional_mapping(outcome, "overfitting")
    if luck is None:
        return ()
    sampling = read.text(outcome, "sampling", "name")
    shortest = read.optional_number(luck, "minimum_track_record_periods")
    proof = "no length would" if shortest is None else f"{shortest:,.0f} periods"
    periods = int(read.number(outcome, "sampling", "periods"))
    rows = [
        ("Sharpe ratio of the best, a year", ratio(read.optional_number(luck, "sharpe"))),
        ("expected of the best of as many worthless sets", ratio(read.optional_number(luck, "expected_best_sharpe"))),
        ("probabilistic Sharpe ratio, taken alone", ratio(read.optional_number(luck, "probabilistic_sharpe"))),
        ("deflated Sharpe ratio", ratio(read.optional_number(luck, "deflated_sharpe"))),
        ("the same, similar sets counted together", ratio(read.optional_number(luck, "deflated_sharpe_independent"))),
        ("sets that traded, equal results counted once", _counted(luck, f"{int(read.number(luck, 'different_trials')):,}")),
        ("independent sets", _counted(luck, f"{read.number(luck, 'independent_trials'):,.1f}")),
        ("track record that would prove it at 95 %, taken alone", f"{proof}; these are {periods:,} ({sampling})"),
    ]
    if (pbo := read.optional_mapping(luck, "backtest_overfitting")) is not None:
        rows += [
            ("probability of overfitting", percent(read.number(pbo, "probability"), 1)),
            ("probability of loss where it was not chosen", percent(read.number(pbo, "loss_probability"), 1)),
            ("Sharpe ratio out of sample for each one in sample", ratio(read.optional_number(pbo, "slope"))),
            ("halvings of time", f"{int(read.number(pbo, 'splits')):,} of {int(read.number(pbo, 'parts'))} blocks"),
        ]
    return tuple((name, Cell(text)) for name, text in rows)


def _counted(luck: JsonObject, count: str) -> str:
    return f"{count} of {int(read.number(luck, 'trials')):,}"
