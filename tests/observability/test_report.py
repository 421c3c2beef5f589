"""The report document against its published schema: the whole shape, each field missing, each field of another type."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from golive.model.verdict import ExitCode, RunStatus
from golive.observability.outcome import BreachRow, nothing_done
from golive.observability.report import RunReport, document, document_bytes, document_schema
from golive.observability.report_digest import report_sha256
from support.reports import MARKET_START, fills, outcome, run_report

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "golive.run_report.v1.json"
REGENERATE = (
    "write it anew: python -c 'from golive.observability.report import *; "
    'import pathlib; pathlib.Path("docs/schemas/golive.run_report.v1.json").write_bytes(document_bytes(document_schema()))\''
)

STOP = BreachRow("RISK_DRAWDOWN", MARKET_START, "0.1", "0.1001")


def plain(report: RunReport) -> Any:
    """The document as a reader of the file sees it."""
    return json.loads(document_bytes(document(report)))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_published_schema_is_the_one_the_code_obeys() -> None:
    assert PUBLISHED.read_bytes() == document_bytes(document_schema()), REGENERATE


@pytest.mark.parametrize(
    "report",
    [
        run_report(),
        run_report(status=RunStatus.BREACHED, exit_code=ExitCode.BREACHED, rate_limited=2, errors=3),
        run_report(status=RunStatus.BLOCKED, exit_code=ExitCode.BLOCKED, outcome_part=nothing_done("balanced")),
    ],
    ids=["success", "breached", "blocked"],
)
def test_a_report_obeys_the_published_schema(report: RunReport, validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(plain(report))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of every object, one item of each list standing for the others."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from places(item, (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


FREE_KEYS = {  # keys of these mappings are data, not shape
    "by_code",
    "balances",
    "checks",
    "adapters",
    "fields",
    "thresholds",
    "metric_coverage_entrypoints",
    "metric_coverage_ratio",
    "threshold_coverage_entrypoints",
    "threshold_coverage_ratio",
    "network_error_severity_coverage_entrypoints",
    "network_error_severity_coverage_ratio",
    "breached_thresholds_entrypoints",
    "breach_counts_by_metric",
    "threshold_breach_counts",
}


def changed(whole: Any, path: tuple[Any, ...], change: Any) -> Any:
    altered = copy.deepcopy(whole)
    spot = altered
    for step in path[:-1]:
        spot = spot[step]
    change(spot, path[-1])
    return altered


def test_every_removed_field_is_found(validator: jsonschema.Draft202012Validator) -> None:
    whole = plain(run_report(rate_limited=2, outcome_part=outcome(12, fills(2), [STOP])))
    tried = 0
    for path in places(whole):
        if path[-1] == "okx_desktop_paper" or any(part in FREE_KEYS for part in path[:-1]):
            continue
        altered = changed(whole, path, lambda spot, key: spot.pop(key))
        assert not validator.is_valid(altered), f"{path} may be left out"
        tried += 1
    assert tried > 200


def test_every_added_field_is_found(validator: jsonschema.Draft202012Validator) -> None:
    whole = plain(run_report(rate_limited=2, outcome_part=outcome(12, fills(2), [STOP])))
    for path in places(whole):
        if any(part in FREE_KEYS for part in path):
            continue
        altered = changed(whole, path, lambda spot, key: spot.update({f"{key}_x": spot[key]}))
        if path == ("paper_exchange_metrics", "okx_desktop_paper") or path[:-1] == ("paper_exchange_metrics",):
            continue  # another entrypoint is another key
        assert not validator.is_valid(altered), f"something may stand beside {path}"


def test_every_retyped_field_is_found(validator: jsonschema.Draft202012Validator) -> None:
    whole = plain(run_report(rate_limited=2, outcome_part=outcome(12, fills(2), [STOP])))
    for path in places(whole):
        if "fields" in path[:-1] or "thresholds" in path[:-1]:
            continue  # free values
        altered = changed(whole, path, lambda spot, key: spot.update({key: [{"wrong": True}]}))
        assert not validator.is_valid(altered), f"{path} may be of any type"


def test_a_number_where_money_belongs_is_found(validator: jsonschema.Draft202012Validator) -> None:
    whole = plain(run_report())
    whole["outcome"]["pnl"]["net"] = 388.03
    assert not validator.is_valid(whole)
    whole["outcome"]["pnl"]["net"] = "3.88e2"
    assert not validator.is_valid(whole)


@pytest.mark.parametrize(
    ("field", "wrong"), [("threshold", "health_min"), ("comparator", ">="), ("observed", 0.5), ("limit", -1)]
)
def test_a_breach_that_contradicts_itself_is_found(validator: jsonschema.Draft202012Validator, field: str, wrong: object) -> None:
    whole = plain(run_report(rate_limited=2))
    for breaches in (
        whole["paper_exchange_windows"][0]["breaches"],
        whole["paper_exchange_metrics"]["okx_desktop_paper"]["breaches"],
    ):
        assert breaches[0]["metric"] == "rate_limit"
        kept, breaches[0][field] = breaches[0][field], wrong
        assert not validator.is_valid(whole)
        breaches[0][field] = kept
    assert validator.is_valid(whole)


def test_the_outcome_digest_is_over_the_canonical_outcome_alone() -> None:
    first, second = plain(run_report()), plain(run_report(rate_limited=2, notes=["something was slow"]))
    assert first["outcome_sha256"] == second["outcome_sha256"]
    second["outcome"]["fills"][0]["price"] = "1"
    canonical = json.dumps(first["outcome"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert first["outcome_sha256"] == hashlib.sha256(canonical.encode()).hexdigest()


def test_any_change_of_the_outcome_changes_its_digest() -> None:
    shorter = run_report(outcome_part=nothing_done("balanced"))
    assert document(shorter)["outcome_sha256"] != document(run_report())["outcome_sha256"]


def test_the_report_digest_leaves_out_the_record_that_binds_it() -> None:
    whole = document(run_report())
    assert report_sha256(whole) == report_sha256({**whole, "stage_record": None})
    assert report_sha256(whole) != report_sha256({**whole, "exit_code": 5})


def test_warnings_of_the_run_come_before_those_of_the_evaluation() -> None:
    whole = document(run_report(rate_limited=2, notes=["public reads only"]))
    assert whole["warnings"] == [
        "public reads only",
        "[paper:okx_desktop_paper] rate_limit 2 breaches rate_limit_max: required <= 0",
    ]


def test_a_figure_that_is_no_number_is_an_error_that_names_the_field() -> None:
    report = run_report()
    object.__setattr__(report.measured, "cpu_seconds", float("nan"))
    with pytest.raises(ValueError, match=r"Measured\.cpu_seconds is nan"):
        document(report)
