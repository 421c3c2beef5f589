"""`paper_gate` and `limits_vs_paper`: time adds up once, failures count, and nothing that proves less ever opens live."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import DAY, MINUTE
from golive.model.verdict import EvidenceClass, KeyClass
from golive.readiness.checks.limits_vs_paper import WATCHED, LimitsEvidence, limits_vs_paper
from golive.readiness.checks.paper_gate import paper_gate
from golive.readiness.finding import Status
from golive.readiness.paper_record import PaperEvidence, PaperReport, PaperSession, PassedPaper, paper_time

HOUR = 60 * MINUTE
NOW = 1_767_225_600 * 10**9
DIGEST = "a" * 64


def session(begin: int, length: int, *, passed: bool = True, digest: str = DIGEST, **more: object) -> PaperSession:
    """A session that began `begin` ns before NOW."""
    start = NOW - begin
    told = PassedPaper(
        finished_at=start + length, ok_ns=length, speed="1", evidence_class=EvidenceClass.PUBLIC, key_class=KeyClass.PRODUCTION,
        report=f"logs/{begin}.json",
    )  # fmt: skip
    return PaperSession(
        name=f"paper_{begin // HOUR}h", started_at=start, ended_at=start + length, trading_digest=digest,
        passed=replace(told, **more) if passed else None,  # type: ignore[arg-type]  # a case changes what it names
    )  # fmt: skip


def evidence(*sessions: PaperSession, **more: object) -> PaperEvidence:
    good = PaperEvidence(
        paper_entrypoint="okx_desktop_paper", trading_digest=DIGEST, is_rehearsal=False,
        sessions=sessions or (session(9 * DAY, 4 * DAY), session(4 * DAY, 3 * DAY + HOUR)),
        paper_days=Decimal(7), max_age_days=14, min_ok_ratio=Decimal("0.98"), window_ns=HOUR, now=NOW,
    )  # fmt: skip
    return replace(good, **more)  # type: ignore[arg-type]  # a case changes what it names


def test_a_week_that_was_fine_is_ok() -> None:
    found = paper_gate(evidence())
    assert (found.id, found.status, found.reasons, found.next_command) == ("paper_gate", Status.OK, (), "")
    assert found.measured == {
        "ok_days": 7.0417, "ok_share": 1.0, "sessions": 2, "failed_sessions": 0, "newest_age_days": 0.9583,
        "trading_digest": DIGEST,
    }  # fmt: skip
    assert found.owner == ("risk",)


FAILED_LATE = (session(9 * DAY, 4 * DAY), session(4 * DAY, 3 * DAY + HOUR), session(10 * HOUR, HOUR, passed=False))
FAILED_WITHIN = (session(9 * DAY, 4 * DAY), session(5 * DAY, 5 * HOUR, passed=False), session(4 * DAY, 3 * DAY + HOUR))


@pytest.mark.parametrize(
    ("case", "status", "says"),
    [
        pytest.param(evidence(session(8 * DAY, 7 * DAY - 1)), Status.BLOCKED, "wanted are 7", id="too short by a nanosecond"),
        pytest.param(evidence(paper_days=Decimal(8)), Status.BLOCKED, "wanted are 8", id="more days are asked for"),
        pytest.param(evidence(session(DAY, HOUR), paper_days=Decimal(0)), Status.BLOCKED, "wanted are 7", id="the floor of a week"),
        pytest.param(evidence(*FAILED_LATE), Status.BLOCKED, "the last paper session, paper_10h, did not pass", id="last failed"),
        pytest.param(evidence(*FAILED_WITHIN), Status.BLOCKED, "of the paper time was fine", id="share"),
        pytest.param(evidence(now=NOW + 14 * DAY), Status.UNKNOWN, "days ago, allowed are 14", id="old"),
        pytest.param(evidence(now=NOW - 2 * DAY), Status.BLOCKED, "dated ahead", id="a clock that went back"),
        pytest.param(
            evidence(session(9 * DAY, 4 * DAY), session(4 * DAY, 3 * DAY + HOUR), session(HOUR, 2 * HOUR)),
            Status.UNKNOWN, "dated ahead", id="a week, and one that ends in an hour",
        ),
        pytest.param(evidence(trading_digest="b" * 64), Status.BLOCKED, "another strategy", id="another trading digest"),
        pytest.param(evidence(sessions=()), Status.UNKNOWN, "no paper session", id="none"),
        pytest.param(evidence(session(8 * DAY, 8 * DAY, speed="max")), Status.BLOCKED, "ran at speed max", id="lock-step"),
        pytest.param(evidence(session(8 * DAY, 8 * DAY, speed="60")), Status.BLOCKED, "ran at speed 60", id="faster"),
        pytest.param(
            evidence(session(8 * DAY, 8 * DAY, evidence_class=EvidenceClass.EMBEDDED)), Status.BLOCKED, "embedded", id="embedded"
        ),
        pytest.param(
            evidence(session(8 * DAY, 8 * DAY, evidence_class=EvidenceClass.CUSTOM)), Status.BLOCKED, "class custom", id="custom"
        ),
        pytest.param(
            evidence(session(8 * DAY, 8 * DAY, key_class=KeyClass.DEVELOPMENT)), Status.BLOCKED, "development keys", id="keys"
        ),
        pytest.param(evidence(fault="x.jsonl: tampered", fault_status=Status.BLOCKED), Status.BLOCKED, "tampered", id="tampered"),
        pytest.param(evidence(fault="x.jsonl: the keys are gone"), Status.UNKNOWN, "gone", id="unreadable"),
        pytest.param(
            evidence(reports=(PaperReport(session="paper_1", fault="its report is not the one that was signed"),)),
            Status.BLOCKED, "paper_1: its report is not", id="another report",
        ),
    ],
)  # fmt: skip
def test_one_wrong_thing_is_never_ok_and_is_named(case: PaperEvidence, status: Status, says: str) -> None:
    found = paper_gate(case)
    assert found.status is status
    assert says in "; ".join(found.reasons)
    assert found.next_command


def test_a_rehearsal_asks_for_the_days_of_the_configuration_and_takes_what_production_does_not() -> None:
    made_here = session(DAY, HOUR, speed="max", evidence_class=EvidenceClass.EMBEDDED, key_class=KeyClass.DEVELOPMENT)
    found = paper_gate(evidence(made_here, paper_days=Decimal(0), is_rehearsal=True))
    assert found.status is Status.OK
    assert isinstance(found.measured, dict)
    assert found.measured["ok_days"] == 0
    found = paper_gate(evidence(made_here, paper_days=Decimal("0.01"), is_rehearsal=True))
    assert (found.status, "speed max" in found.reasons[0]) == (Status.BLOCKED, True)
    slow = session(DAY, HOUR, evidence_class=EvidenceClass.EMBEDDED)
    assert paper_gate(evidence(slow, paper_days=Decimal("0.04"), is_rehearsal=True)).status is Status.OK


def test_a_short_failure_counts_as_a_window_and_older_ones_are_forgotten() -> None:
    brief = session(5 * DAY, 1, passed=False)
    week = (session(9 * DAY, 4 * DAY), session(4 * DAY, 3 * DAY + HOUR))
    assert paper_time(evidence(*week, brief)).failed_ns == HOUR
    assert paper_gate(evidence(*week, brief)).status is Status.OK
    assert paper_time(evidence(session(12 * DAY, DAY, passed=False), *week)).failed == ()


sessions = st.lists(
    st.tuples(st.integers(0, 30 * DAY), st.integers(1, 9 * DAY), st.booleans(), st.sampled_from([DIGEST, "b" * 64])), max_size=8
).map(lambda rows: tuple(session(begin + length, length, passed=fine, digest=digest) for begin, length, fine, digest in rows))


@given(sessions)
def test_what_two_sessions_share_counts_once(drawn: tuple[PaperSession, ...]) -> None:
    time = paper_time(evidence(sessions=drawn, paper_days=Decimal(365)))
    mine = [each for each in drawn if each.passed is not None and each.trading_digest == DIGEST]
    moments = sorted({edge for each in mine for edge in (each.started_at, each.ended_at)})
    covered = sum(
        end - begin for begin, end in pairwise(moments) if any(each.started_at <= begin and end <= each.ended_at for each in mine)
    )
    assert time.ok_ns == covered


@given(sessions, st.booleans())
def test_whatever_opens_is_a_week_that_was_fine_and_ended_well(drawn: tuple[PaperSession, ...], is_rehearsal: bool) -> None:
    case = evidence(sessions=drawn, is_rehearsal=is_rehearsal)
    if paper_gate(case).status is not Status.OK:
        return
    mine = [each for each in drawn if each.trading_digest == DIGEST]
    fine = sum(each.passed.ok_ns for each in mine if each.passed is not None)
    assert fine >= 7 * DAY
    assert max(mine, key=lambda each: each.ended_at).passed is not None


LIMITS = {name: Decimal("0.05") for name in WATCHED}
USED = {name: Decimal("0.04") for name in WATCHED}


def limits(used: dict[str, Decimal], **more: object) -> LimitsEvidence:
    reports = (PaperReport(session="paper_1", used=used), PaperReport(session="paper_2", used=USED))
    good = LimitsEvidence(profile="balanced", limits=LIMITS, paper=evidence(reports=reports))
    return replace(good, **more)  # type: ignore[arg-type]  # a case changes what it names


def test_what_paper_used_lies_within_the_limits() -> None:
    found = limits_vs_paper(limits({**USED, "max_position_pct": Decimal("0.05")}))
    assert (found.status, found.owner) == (Status.OK, ("risk",))
    assert found.measured == {name: "0.05" if name == "max_position_pct" else "0.04" for name in sorted(WATCHED)}


@pytest.mark.parametrize("name", WATCHED)
def test_one_number_changes_the_result(name: str) -> None:
    for case in (limits({**USED, name: Decimal("0.0501")}), limits(USED, limits={**LIMITS, name: Decimal("0.0399")})):
        found = limits_vs_paper(case)
        assert (found.status, len(found.reasons)) == (Status.BLOCKED, 1)
        assert f"of {name}, live allows" in found.reasons[0]


def test_what_no_report_tells_is_unknown() -> None:
    assert limits_vs_paper(limits(USED, paper=evidence(sessions=()))).status is Status.UNKNOWN
    untold = evidence(reports=(PaperReport(session="paper_1", used={"max_position_pct": Decimal(0)}),))
    found = limits_vs_paper(limits(USED, paper=untold))
    assert (found.status, len(found.reasons)) == (Status.UNKNOWN, 5)
    assert limits_vs_paper(limits(USED, limits={})).status is Status.BLOCKED


def test_one_report_that_is_not_believed_blocks_whatever_the_others_tell() -> None:
    reports = (PaperReport(session="paper_1", fault="its report is gone"), PaperReport(session="paper_2", used=USED))
    found = limits_vs_paper(limits(USED, paper=evidence(reports=reports)))
    assert (found.status, found.reasons) == (Status.BLOCKED, ("paper_1: its report is gone",))
