"""Objectives judged: against a slow oracle that says the definitions again, at their boundaries, and without enough data."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.config.slo_section import Slo
from golive.model.clock import SECOND
from golive.model.indicator import BILLION, billionths
from golive.observability.slo import Measurements, SloResult, Span, Window, judge, least_sample, quantile

WINDOW = Window(0, 10_000 * SECOND)
SHARES = {"p50": Fraction(1, 2), "p95": Fraction(95, 100), "p99": Fraction(99, 100)}


def objective(
    aggregation: str = "p95", comparison: str = "<=", target: str = "220", *, indicator: str = "decision_latency_ms",
    warning: str | None = None,
) -> Slo:  # fmt: skip
    threshold = None if warning is None else Decimal(warning)
    return Slo(
        name="it", indicator=indicator, aggregation=aggregation, comparison=comparison, target=Decimal(target),
        severity="error", warning_threshold=threshold,
    )  # fmt: skip


def of_values(slo: Slo, values: Sequence[str]) -> SloResult:
    return judge(slo, Measurements([billionths(Decimal(each)) for each in values]), WINDOW)


def of_spans(slo: Slo, spans: Sequence[Span], window: Window = WINDOW) -> SloResult:
    return judge(slo, Measurements(spans=spans), window)


AVAILABLE = objective("ratio", ">=", "0.999", indicator="risk_service_up")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.sampled_from(sorted(SHARES)), st.booleans())
def test_a_quantile_is_what_its_definition_says(values: list[int], name: str, from_above: bool) -> None:
    share, sign = SHARES[name], -1 if from_above else 1
    keeps = [each for each in values if Fraction(sum(1 for v in values if sign * v <= sign * each), len(values)) >= share]
    assert quantile(sorted(values), share, from_above=from_above) == (max(keeps) if from_above else min(keeps))


@given(
    st.lists(st.decimals(0, 400, places=3), min_size=1, max_size=120),
    st.sampled_from(sorted(SHARES)),
    st.sampled_from(["<=", ">="]),
    st.decimals(0, 400, places=3),
)
def test_a_percentile_is_kept_exactly_while_its_budget_is_not_overspent(
    values: list[Decimal], aggregation: str, comparison: str, target: Decimal
) -> None:
    result = of_values(objective(aggregation, comparison, str(target)), [str(each) for each in values])
    bad = sum(1 for each in values if (each > target if comparison == "<=" else each < target))
    allowed = 1 - SHARES[aggregation]
    assert result.budget.allowed == allowed
    assert result.budget.used == Fraction(bad, len(values))
    assert result.budget.remaining == allowed - Fraction(bad, len(values))
    if len(values) < least_sample(result.slo):
        assert result.status == "unknown"
    else:
        assert result.status == ("ok" if Fraction(bad, len(values)) <= allowed else "breach")


@given(st.lists(st.decimals(0, 1, places=4), min_size=10, max_size=60), st.decimals(0, 1, places=3))
def test_an_average_of_fractions_spends_what_is_missing_to_one(values: list[Decimal], target: Decimal) -> None:
    result = of_values(objective("average", ">=", str(target), indicator="fill_ratio"), [str(each) for each in values])
    mean = sum(map(Fraction, values), Fraction(0)) / len(values)
    assert result.value == mean
    assert (result.budget.allowed, result.budget.used) == (1 - Fraction(target), 1 - mean)
    assert result.status == ("ok" if mean >= Fraction(target) else "breach")


@given(
    st.lists(st.tuples(st.integers(0, 12_000), st.integers(1, 4_000), st.booleans()), min_size=1, max_size=8),
    st.integers(0, 6_000),
    st.integers(1, 6_000),
)
def test_a_state_counts_each_second_that_lies_in_the_window(rows: list[tuple[int, int, bool]], start: int, length: int) -> None:
    spans = [Span(began * SECOND, (began + lasted) * SECOND, up) for began, lasted, up in rows]
    window = Window(start * SECOND, (start + length) * SECOND)
    inside = [
        (second, up) for began, lasted, up in rows for second in range(began, began + lasted) if start <= second < start + length
    ]
    result = of_spans(AVAILABLE, spans, window)
    assert result.sample_size == len(inside)
    if not inside:
        assert (result.status, result.value) == ("unknown", None)
        return
    share = Fraction(sum(up for _, up in inside), len(inside))
    assert result.value == share
    assert result.budget.remaining == Fraction(1, 1000) - (1 - share)
    expected = "unknown" if len(inside) < 1000 else "ok" if share >= Fraction(999, 1000) else "breach"
    assert result.status == expected


@pytest.mark.parametrize(
    ("comparison", "value", "status"),
    [
        ("<=", "220", "ok"), ("<=", "220.000000001", "breach"), ("<=", "219.999999999", "ok"),
        (">=", "220", "ok"), (">=", "220.000000001", "ok"), (">=", "219.999999999", "breach"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("aggregation", ["p50", "p95", "p99", "average"])
def test_the_target_itself_is_kept(aggregation: str, comparison: str, value: str, status: str) -> None:
    assert of_values(objective(aggregation, comparison), [value] * 100).status == status


@pytest.mark.parametrize(
    ("value", "status"), [("200", "ok"), ("200.000000001", "warning"), ("220", "warning"), ("220.000000001", "breach")]
)
def test_between_warning_and_target_is_a_warning(value: str, status: str) -> None:
    assert of_values(objective(warning="200"), [value] * 20).status == status


def test_an_average_of_tenths_meets_a_target_of_tenths_exactly() -> None:
    slo = objective("average", ">=", "0.94", indicator="fill_ratio")
    ratios = [billionths(0.94)] * 7 + [billionths(Fraction(94, 100))] * 3
    assert judge(slo, Measurements(ratios), WINDOW).status == "ok"


@pytest.mark.parametrize(("aggregation", "least"), [("p50", 2), ("p95", 20), ("p99", 100), ("average", 10), ("max", 1)])
def test_too_few_values_are_unknown_however_good_or_bad(aggregation: str, least: int) -> None:
    slo = objective(aggregation)
    for value in ("1", "1000"):
        assert of_values(slo, [value] * least).status == ("ok" if value == "1" else "breach")
        few = of_values(slo, [value] * (least - 1))
        assert few.status == "unknown"
        assert few.reason
        assert few.sample_size == least - 1


def test_one_bad_second_of_a_thousand_is_the_whole_budget() -> None:
    spans = [Span(0, 999 * SECOND, True), Span(999 * SECOND, 1000 * SECOND, False)]
    result = of_spans(AVAILABLE, spans)
    assert (result.status, result.budget.remaining) == ("ok", Fraction(0))
    assert of_spans(AVAILABLE, [*spans, Span(1000 * SECOND, 1000 * SECOND + 2, False)]).status == "breach"


def test_nothing_measured_is_unknown() -> None:
    for slo in (objective(), AVAILABLE):
        result = judge(slo, Measurements(), WINDOW)
        assert (result.status, result.value, result.budget.used, result.sample_size) == ("unknown", None, None, 0)
        assert "nothing was measured" in result.reason


def test_a_doubt_takes_ok_and_warning_and_leaves_a_breach() -> None:
    for value, status in (("1", "unknown"), ("210", "unknown"), ("300", "breach")):
        found = Measurements([billionths(Decimal(value))] * 20, doubts=("the disk was full",))
        result = judge(objective(warning="200"), found, WINDOW)
        assert result.status == status
        assert "the disk was full" in result.reason


def test_what_nobody_measures_yet_says_so_whatever_is_stored() -> None:
    slo = objective(indicator="bot_ui_event_to_frame_p95_ms", target="60")
    result = judge(slo, Measurements([BILLION] * 100), WINDOW)
    assert result.status == "unknown"
    assert "operator console" in result.reason


def test_an_average_of_amounts_has_no_share_to_spend() -> None:
    budget = of_values(objective("average", target="12", indicator="trade_cost_bps"), ["9"] * 10).budget
    assert (budget.allowed, budget.used, budget.remaining) == (None, None, None)


def test_a_maximum_allows_nothing_beyond() -> None:
    result = of_values(objective("max"), ["220", "221"])
    assert (result.status, result.budget.allowed, result.budget.remaining) == ("breach", Fraction(0), Fraction(-1, 2))


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_float_counts_as_the_decimal_that_it_prints(value: float) -> None:
    exact = Decimal(repr(value)) * BILLION
    kept = billionths(value)
    assert abs(kept - exact) <= Decimal("0.5") or abs(exact) >= 9 * BILLION * BILLION


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no value"):
        billionths(value)
