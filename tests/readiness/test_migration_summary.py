"""What the parts of a window's summary are judged by: nothing that is unknown or blocked is told as ok."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.config.slo_section import Slo
from golive.model.verdict import ExitCode, Verdict
from golive.observability.slo import NO_BUDGET, SloResult, Status, Window
from golive.readiness.finding import Evidence, Finding
from golive.readiness.finding import Status as Found
from golive.readiness.window.migration_summary import exit_code, kyc_of, slo_of

OK, UNKNOWN, BREACHED, BLOCKED = Verdict.OK, Verdict.UNKNOWN, Verdict.BREACHED, Verdict.BLOCKED


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([], ExitCode.UNKNOWN),
        ([OK, Verdict.NOT_APPLICABLE], ExitCode.OK),
        ([OK, UNKNOWN], ExitCode.UNKNOWN),
        ([UNKNOWN, BREACHED], ExitCode.BREACHED),
        ([UNKNOWN, BLOCKED, OK], ExitCode.BREACHED),
    ],
)
def test_the_gravest_part_is_the_exit_code(statuses: list[Verdict], code: ExitCode) -> None:
    assert exit_code(statuses) is code


def test_a_sign_off_is_summed_up_as_it_was_found() -> None:
    register = Evidence("var/compliance/register.jsonl", "a" * 64, 1)
    found = {
        status: kyc_of(
            Finding(
                "kyc_aml_signoff", status, ("why",), measured={"signoffs": ["1", "2"]},
                evidence=(Evidence("another", "b" * 64, 1), register), next_command="golive",
            ),
            register.path,
        )
        for status in Found
    }  # fmt: skip
    assert {status: str(kyc.status) for status, kyc in found.items()} == {status: status.value for status in Found}
    assert {(kyc.signoffs, kyc.register_sha256) for kyc in found.values()} == {(2, "a" * 64)}
    nothing = kyc_of(Finding("kyc_aml_signoff", Found.OK), register.path)
    assert (nothing.signoffs, nothing.register_sha256) == (0, None)


def judged(name: str, status: Status) -> SloResult:
    slo = Slo(
        name=name, indicator="fill_ratio", aggregation="average", comparison=">=", target=Decimal(1), severity="warning"
    )  # fmt: skip
    return SloResult(slo, status, None, NO_BUDGET, 0, Window(0, 1), "")


def test_promises_are_breached_before_unknown_before_ok() -> None:
    both = slo_of([judged("b", "breach"), judged("c", "unknown"), judged("a", "breach")])
    assert (both.status, both.breached) == (BREACHED, ("a", "b"))
    assert slo_of([judged("a", "ok"), judged("b", "unknown")]).status is UNKNOWN
    assert slo_of([]).status is UNKNOWN
    assert slo_of([judged("a", "ok"), judged("b", "warning")]).status is OK
