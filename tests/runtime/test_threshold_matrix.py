"""Every threshold × every venue × what can become of it: status, warnings and exit code, for the shipped configuration.

What is broken here is what the process sees of its venues: samples and probes. The configuration is the shipped one, the parts that
judge are those of a session, and the venue in question is once the one that is traded on and once one that is only monitored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE, SECOND, to_iso
from golive.model.verdict import ExitCode, RunStatus
from golive.observability.guardrails import Guardrails, QueueSummary
from golive.observability.windows import Evaluation
from golive.runtime.bootstrap import plan_session
from golive.runtime.facts import SessionFacts
from golive.runtime.judgement import judge
from golive.runtime.monitored import reference_windows
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan
from support.configuration import RUNTIME, problems
from support.golive_process import ROOT
from support.reports import STARTED
from support.trading import engine_for, random_walk

VENUES: Final = ("bybit", "kraken", "okx")
KEYS: Final = ("rate_limit_max", "network_errors_max", "health_min")
METRIC_OF: Final = {
    "rate_limit_max": ("rate_limit", m.EXCHANGE_RATE_LIMITED.name),
    "network_errors_max": ("network_errors", m.EXCHANGE_ERRORS.name),
    "health_min": ("health", m.EXCHANGE_HEALTH.name),
}
ALLOWED: Final = {"bybit": 0, "kraken": 0, "okx": 1}
"""network_errors_max as shipped; the other two are 0 and 1.0 everywhere"""
QUIET: Final = Guardrails(
    generated_at=0, log_directory="logs", recommendations=(), log_records=(),
    summaries=tuple(
        QueueSummary(
            environment=f"{venue}_paper", queue=f"{venue}_spot", max_concurrency=3, burst=6, peak_inflight=1, peak_pending=1,
            rate_limit_wait_total=0, rate_limit_wait_avg_seconds=0.0, timeout_total=0, timeout_avg_seconds=0.0, refused_total=0,
            severity="normal",
        )
        for venue in VENUES
    ),
)  # fmt: skip
STALE_AT: Final = STARTED + 10 * MINUTE
"""an end at which a probe of the first second is older than the 90 s allowed"""


@cache
def plan(traded: str, allow_unknown: bool = False) -> Plan:
    options = RunOptions(mode="demo", entrypoint=f"{traded}_desktop_paper", allow_unknown=allow_unknown)
    return plan_session(options, ROOT / "config/runtime.yaml", ROOT, {})


@cache
def facts() -> SessionFacts:
    """A session that saw a market and did what it may: nothing but the exchange metrics can spoil it."""
    found = SessionFacts("r", 0, 0, "okx", "okx_paper", "127.0.0.1")
    found.engine = engine_for()
    for bar in random_walk(200):
        found.engine.process(bar)
    return found


def labels(venue: str) -> dict[str, str]:
    return {"exchange": venue, "environment": f"{venue}_paper"}


class Case:
    """Three venues that are well, and ways to break one of them."""

    def __init__(
        self, traded: str, venue: str, thresholds: Mapping[str, object] | None = None, *, without: str = "", silent: str = ""
    ) -> None:
        """`without` names a metric or a severity that the venue in question lacks; `silent` a venue that lacks everything."""
        self.plan, self.venue = plan(traded), venue
        self.entrypoint = f"{venue}_desktop_paper"
        if thresholds is not None:
            self.plan = with_thresholds(self.plan, self.entrypoint, thresholds)
        self.recorder = MemoryRecorder()
        for each in sorted({*VENUES} - {silent}):
            for metric in (m.EXCHANGE_RATE_LIMITED, m.EXCHANGE_HEALTH):
                if (each, metric.name) != (venue, without):
                    self.recorder.create(metric, **labels(each))
            for severity in m.SEVERITIES:
                if each != venue or without not in (m.EXCHANGE_ERRORS.name, severity):
                    self.recorder.create(m.EXCHANGE_ERRORS, severity=severity, **labels(each))
        self.windows = reference_windows(self.plan, self.recorder)
        self.windows.start(STARTED)
        self.without = without
        self.present = [each for each in VENUES if each != silent]

    def probed(self, ok: bool = True, *, others_until: int = STARTED + SECOND) -> Case:
        """Probe all three in the first second, and all but the venue in question again until `others_until`."""
        for each in self.present:
            mine = each == self.venue
            if not mine or self.without != m.EXCHANGE_HEALTH.name:
                self.recorder.set(m.EXCHANGE_HEALTH, float(ok or not mine), **labels(each))
            for at in range(STARTED + SECOND, STARTED + 2 * SECOND if mine else others_until + 1, MINUTE):
                self.windows.health.record(f"{each}_desktop_paper", at, ok or not mine)
        return self

    def rise(self, key: str, amount: int) -> Case:
        """Let the counter that `key` judges rise; errors of mixed severities."""
        if key == "rate_limit_max":
            self.recorder.count(m.EXCHANGE_RATE_LIMITED, amount, **labels(self.venue))
        for n in range(amount if key == "network_errors_max" else 0):
            self.recorder.count(m.EXCHANGE_ERRORS, 1, severity=m.SEVERITIES[n % 3], **labels(self.venue))
        return self

    def ended(self, now: int = STARTED + 9 * SECOND) -> Ended:
        evaluation = self.windows.close(now)
        return Ended(self, evaluation, *dataclasses.astuple(judge(self.plan, facts(), evaluation, QUIET)))


FRACTIONAL: Final = {
    *("health_status", "health_age_seconds", "health_min", "metric_coverage_ratio", "threshold_coverage_ratio"),
    *("network_error_severity_coverage_ratio", "metric_coverage_score", "threshold_coverage_score"),
    *("observed of health", "limit of health"),
}


def fractional(value: Any, name: str = "") -> set[str]:
    """Return the names of everything that is no whole number in JSON; a mapping of ratios counts as one."""
    if isinstance(value, dict):
        of = " of health" if value.get("metric") == "health" else ""
        return set().union(*(fractional(each, name if name.endswith("_ratio") else key + of) for key, each in value.items()))
    if isinstance(value, list):
        return set().union(*(fractional(each, name) for each in value))
    return {name} if isinstance(value, float) else set()


@dataclasses.dataclass(frozen=True)
class Ended:
    case: Case
    evaluation: Evaluation
    status: RunStatus
    code: ExitCode

    @property
    def entry(self) -> Any:
        return self.evaluation.paper_exchange_metrics[self.case.entrypoint]

    @property
    def summary(self) -> Any:
        return self.evaluation.paper_exchange_metrics["summary"]

    def must_be(self, verdict: str, *texts: str) -> None:
        """Verdict of entry, summary and run, exit code, and exactly these warnings; the other two venues are `ok`."""
        word, code = {"ok": ("success", 0), "breached": ("breached", 5), "unknown": ("unknown", 6)}[verdict]
        assert (str(self.status), int(self.code), self.summary["status"], self.entry["status"]) == (word, code, verdict, verdict)
        others = {f"{each}_desktop_paper" for each in VENUES} - {self.case.entrypoint}
        assert others <= set(self.summary["ok_entrypoint_names"])
        assert self.summary[f"{verdict}_entrypoint_names"] == sorted(
            others | {self.case.entrypoint} if verdict == "ok" else [self.case.entrypoint]
        )
        assert fractional(self.evaluation.paper_exchange_metrics) <= FRACTIONAL
        assert list(self.evaluation.warnings) == [f"[paper:{self.case.entrypoint}] {text}" for text in texts]


def with_thresholds(whole: Plan, entrypoint: str, thresholds: Mapping[str, object]) -> Plan:
    """Return the plan with other thresholds of one entrypoint, past the configuration that would refuse them."""
    entrypoints = [
        dataclasses.replace(each, thresholds=thresholds) if each.name == entrypoint else each  # type: ignore[arg-type]
        for each in (whole.entrypoint, *whole.others)
    ]
    return dataclasses.replace(whole, entrypoint=entrypoints[0], others=tuple(entrypoints[1:]))


def shipped(venue: str) -> dict[str, object]:
    return {"rate_limit_max": 0, "network_errors_max": ALLOWED[venue], "health_min": 1.0}


def changed_limit(venue: str, key: str, line: str) -> str:
    """Return the shipped `runtime.yaml` with another line for one limit of one venue."""
    start = RUNTIME.index(f"{key}:", RUNTIME.index(f"    {venue}_paper:\n      entrypoint"))
    end = RUNTIME.index("\n", start)
    return RUNTIME[:start] + line + RUNTIME[end:]


def limit(venue: str, key: str) -> int:
    return ALLOWED[venue] if key == "network_errors_max" else 0


def broken(venue: str, key: str, beyond: int = 1) -> str:
    """The warning of a breach."""
    if key == "health_min":
        return "health 0.0 breaches health_min: required >= 1.0"
    most = limit(venue, key)
    return f"{METRIC_OF[key][0]} {most + beyond} breaches {key}: required <= {most}"


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["traded on", "monitored"])
def traded(request: pytest.FixtureRequest, venue: str) -> str:
    """The venue that is traded on: the one in question, or another."""
    return venue if request.param == "traded on" else VENUES[VENUES.index(venue) - 1]


key = pytest.mark.parametrize("key", KEYS)


@key
@pytest.mark.parametrize("beyond", [1, 5])
def test_beyond_its_limit_each_threshold_breaches(traded: str, venue: str, key: str, beyond: int) -> None:
    case = Case(traded, venue).probed(ok=key != "health_min").rise(key, limit(venue, key) + beyond)
    ended = case.ended()
    ended.must_be("breached", broken(venue, key, beyond))
    kind = METRIC_OF[key][0]
    observed, comparator = (0.0, ">=") if key == "health_min" else (limit(venue, key) + beyond, "<=")
    assert ended.entry["breaches"] == [
        {"metric": kind, "threshold": key, "observed": observed, "limit": shipped(venue)[key], "comparator": comparator}
    ]
    assert ended.summary["breached_thresholds_entrypoints"] == {f"{venue}_desktop_paper": [key]}
    assert (ended.summary["breach_counts_by_metric"], ended.summary["threshold_breach_counts"]) == ({kind: 1}, {key: 1})
    assert ended.summary["metric_coverage_score"] == 1.0, "it was measured"


@key
def test_exactly_at_its_limit_each_threshold_holds(traded: str, venue: str, key: str) -> None:
    ended = Case(traded, venue).probed().rise(key, limit(venue, key)).ended()
    ended.must_be("ok")
    assert ended.entry["breaches"] == []


@key
def test_without_its_metric_each_threshold_is_unknown(traded: str, venue: str, key: str) -> None:
    kind, name = METRIC_OF[key]
    ended = Case(traded, venue, without=name).probed().ended()
    severities = m.SEVERITIES if key == "network_errors_max" else ()
    ended.must_be(
        "unknown",
        f"{kind} was not measured: {name} has no sample, {key} cannot be judged",
        *(f"{name} has no sample of severity {each}, {key} cannot be judged in full" for each in severities),
    )
    assert ended.entry["missing_metrics"] == [name]
    assert ended.summary["missing_metrics_entrypoints"] == {f"{venue}_desktop_paper": [name]}
    assert ended.summary["missing_metric_counts"] == {name: 1}
    assert ended.summary["metric_coverage_ratio"][name] == 0.6667
    assert ended.summary["threshold_coverage_score"] == 1.0, "the limit itself is fine"


@pytest.mark.parametrize("severity", m.SEVERITIES)
def test_without_one_severity_the_errors_are_unknown(traded: str, venue: str, severity: str) -> None:
    ended = Case(traded, venue, without=severity).probed().ended()
    ended.must_be(
        "unknown", f"bot_exchange_errors_total has no sample of severity {severity}, network_errors_max cannot be judged in full"
    )
    assert ended.entry["missing_error_severities"] == [severity]
    others = sorted(f"{each}_desktop_paper" for each in {*VENUES} - {venue})
    assert ended.summary["network_error_severity_coverage_entrypoints"][severity] == others
    assert ended.summary["network_error_severity_coverage_ratio"] == dict.fromkeys(m.SEVERITIES, 1.0) | {severity: 0.6667}
    assert ended.summary["missing_error_severity_counts"] == {severity: 1}
    assert ended.summary["missing_error_severity_entrypoints"] == {severity: [f"{venue}_desktop_paper"]}


@pytest.mark.parametrize("severity", m.SEVERITIES)
def test_errors_of_any_severity_breach_although_another_one_is_missing(traded: str, venue: str, severity: str) -> None:
    case = Case(traded, venue, without=severity).probed()
    present = next(each for each in m.SEVERITIES if each != severity)
    case.recorder.count(m.EXCHANGE_ERRORS, ALLOWED[venue] + 1, severity=present, **labels(venue))
    case.ended().must_be(
        "breached",
        broken(venue, "network_errors_max"),
        f"bot_exchange_errors_total has no sample of severity {severity}, network_errors_max cannot be judged in full",
    )


def test_a_venue_that_was_never_probed_is_warming_up_and_its_gauge_of_zero_says_nothing(traded: str, venue: str) -> None:
    case = Case(traded, venue)
    for each in set(VENUES) - {venue}:
        case.recorder.set(m.EXCHANGE_HEALTH, 1, **labels(each))
        case.windows.health.record(f"{each}_desktop_paper", STARTED + SECOND, True)
    ended = case.ended()
    ended.must_be("unknown", "health was not measured: bot_exchange_health_status has no sample, health_min cannot be judged")
    assert ended.summary["phase"] == "warming_up"
    allowed = judge(plan(traded, allow_unknown=True), facts(), ended.evaluation, QUIET)
    assert (str(allowed.status), int(allowed.exit_code)) == ("unknown", 0), "--allow-unknown accepts it while warming up"


INVALID: Final = [(-1, "-1"), ("", "''"), (True, "True"), (None, "None"), (float("nan"), "'nan'")]


@key
@pytest.mark.parametrize(("value", "shown"), INVALID, ids=[shown for _, shown in INVALID])
@pytest.mark.parametrize("beyond", [0, 9])
def test_an_invalid_limit_is_unknown_whatever_was_measured(
    traded: str, venue: str, key: str, value: object, shown: str, beyond: int
) -> None:
    case = Case(traded, venue, {**shipped(venue), key: value}).probed(ok=key != "health_min" or not beyond).rise(key, beyond)
    ended = case.ended()
    ended.must_be("unknown", f"{key} is invalid: {shown} is not a finite number >= 0")
    assert ended.entry["invalid_thresholds"] == [key]
    assert ended.summary["invalid_thresholds_entrypoints"] == {f"{venue}_desktop_paper": [key]}
    assert ended.summary["threshold_coverage_ratio"][key] == 0.6667
    unknown = judge(
        dataclasses.replace(case.plan, options=plan(traded, allow_unknown=True).options), facts(), ended.evaluation, QUIET
    )
    assert int(unknown.exit_code) == 6, "--allow-unknown accepts nothing once all venues were probed"


@key
def test_an_absent_limit_is_unknown(traded: str, venue: str, key: str) -> None:
    left = {name: value for name, value in shipped(venue).items() if name != key}
    ended = Case(traded, venue, left).probed().ended()
    ended.must_be("unknown", f"{key} is not configured")
    assert key in ended.summary["monitored_threshold_names"], "others have it"


STALE_TEXT: Final = (
    f"health is stale: last probe {to_iso(STARTED + SECOND)}, 599.0 s old, allowed 90 s; health_min cannot be judged"
)


@key
def test_stale_health_is_unknown_while_every_counter_stands_at_its_limit(traded: str, venue: str, key: str) -> None:
    """A counter has no age: it is read when the window ends. Only health can be stale."""
    case = Case(traded, venue).probed(others_until=STALE_AT).rise(key, limit(venue, key))
    ended = case.ended(STALE_AT)
    ended.must_be("unknown", STALE_TEXT)
    assert ended.entry["stale_metrics"] == ["bot_exchange_health_status"]
    assert ended.entry["health_age_seconds"] == 599.0
    assert ended.summary["missing_metrics"] == 0, "it was measured once"


@pytest.mark.parametrize(("beyond", "verdict"), [(0, "ok"), (1, "unknown")])
def test_a_probe_exactly_as_old_as_allowed_is_fresh(traded: str, venue: str, beyond: int, verdict: str) -> None:
    end = STARTED + 91 * SECOND + beyond
    ended = Case(traded, venue).probed(others_until=end).ended(end)
    assert (ended.entry["status"], ended.entry["health_age_seconds"]) == (verdict, 90.0)
    assert (ended.status is RunStatus.SUCCESS) is not bool(beyond)


@key
def test_stale_health_excuses_no_breach(traded: str, venue: str, key: str) -> None:
    case = Case(traded, venue).probed(ok=key != "health_min", others_until=STALE_AT).rise(key, limit(venue, key) + 1)
    case.ended(STALE_AT).must_be("breached", broken(venue, key), STALE_TEXT)


@key
def test_a_breach_of_one_venue_outweighs_the_silence_of_another(venue: str, key: str) -> None:
    silent = VENUES[VENUES.index(venue) - 1]
    ended = Case(venue, venue, silent=silent).probed(ok=key != "health_min").rise(key, limit(venue, key) + 1).ended()
    assert (str(ended.status), int(ended.code), ended.evaluation.status) == ("breached", 5, "breached")
    assert ended.summary["breached_entrypoint_names"] == [f"{venue}_desktop_paper"]
    assert ended.summary["unknown_entrypoint_names"] == [f"{silent}_desktop_paper"]
    assert [line for line in ended.evaluation.warnings if "breaches" in line] == [
        f"[paper:{venue}_desktop_paper] {broken(venue, key)}"
    ]


@key
@pytest.mark.parametrize("value", ["-1", "", "nan", "true", "null"])
def test_the_configuration_refuses_an_invalid_limit_at_its_place(venue: str, key: str, value: str) -> None:
    text = changed_limit(venue, key, f"{key}: {value}")
    line = text[: text.index(f"{key}: {value}\n", text.index(f"    {venue}_paper:\n"))].count("\n") + 1
    [problem] = problems(text)
    assert f"runtime.yaml:{line}:" in str(problem)
    assert key in str(problem)


@key
def test_the_configuration_refuses_a_profile_without_one_of_its_limits(venue: str, key: str) -> None:
    assert any(key in str(problem) for problem in problems(changed_limit(venue, key, "")))


# ---- the worst of all windows -------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Hour:
    """What one venue does in one window of an hour: how its counters rise, and its last probe (None: it is not probed)."""

    refused: int
    errors: int
    probe: bool | None


_HOUR = st.builds(
    Hour, st.sampled_from([0, 0, 0, 1]), st.sampled_from([0, 0, 1, 2]), st.sampled_from([True, True, True, False, None])
)
_RUN = st.lists(st.fixed_dictionaries(dict.fromkeys(VENUES, _HOUR)), min_size=1, max_size=5)
_RANK: Final = {"ok": 0, "unknown": 1, "breached": 2}


def expected(hours: list[Mapping[str, Hour]]) -> list[dict[str, str]]:
    """Status of each venue in each window, by the words of the contract."""
    last: dict[str, bool] = {}
    found = []
    for hour in hours:
        line = {}
        for venue, seen in hour.items():
            stale = seen.probe is None
            last |= {} if seen.probe is None else {venue: seen.probe}
            breached = seen.refused > 0 or seen.errors > ALLOWED[venue] or not last.get(venue, True)
            line[venue] = "breached" if breached else "unknown" if stale else "ok"
        found.append(line)
    return found


@given(_RUN)
def test_the_worst_window_wins_and_the_latest_among_equals(hours: list[Mapping[str, Hour]]) -> None:
    case = Case("okx", "okx")
    ends = [STARTED + (n + 1) * 60 * MINUTE for n in range(len(hours))]
    for end, hour in zip(ends, hours, strict=True):
        for venue, seen in hour.items():
            case.venue = venue
            case.rise("rate_limit_max", seen.refused).rise("network_errors_max", seen.errors)
            if seen.probe is not None:
                case.recorder.set(m.EXCHANGE_HEALTH, float(seen.probe), **labels(venue))
                case.windows.health.record(f"{venue}_desktop_paper", end - SECOND, seen.probe)
        case.windows.advance(end)
    case.venue, case.entrypoint = "okx", "okx_desktop_paper"
    ended = case.ended(ends[-1])
    by_venue = expected(hours)
    by_window = [max(line.values(), key=_RANK.__getitem__) for line in by_venue]
    assert [window["status"] for window in ended.evaluation.windows if isinstance(window, dict)] == by_window
    worst = max(range(len(hours)), key=lambda n: (_RANK[by_window[n]], n))
    section: Any = ended.evaluation.paper_exchange_metrics
    assert {each: section[f"{each}_desktop_paper"]["status"] for each in VENUES} == by_venue[worst]
    assert {section[f"{each}_desktop_paper"]["window"]["ended_at"] for each in VENUES} == {to_iso(ends[worst])}
    assert (ended.evaluation.status, section["summary"]["status"]) == (by_window[worst], by_window[worst])
    assert int(ended.code) == {"ok": 0, "unknown": 6, "breached": 5}[by_window[worst]]
    warned = {line.split("]")[0].removeprefix("[paper:") for line in ended.evaluation.warnings}
    assert warned == {f"{each}_desktop_paper" for each in VENUES if by_venue[worst][each] != "ok"}
    for each in VENUES:
        entry, seen = section[f"{each}_desktop_paper"], hours[worst][each]
        assert (entry["rate_limited_events"], entry["network_errors"]) == (seen.refused, seen.errors), "its own increase alone"
