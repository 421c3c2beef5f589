"""Risk as metrics: decisions as they are recorded, the used share of each limit, and what is running."""

from __future__ import annotations

from collections.abc import Sequence

from golive import __version__
from golive.engine import Engine
from golive.metrics.declaration import (
    BUILD_INFO,
    RISK_DECISIONS,
    RISK_EMERGENCY,
    RISK_SERVICE_LATENCY,
    RISK_SERVICE_UP,
    RISK_USED,
)
from golive.metrics.recorder import Recorder
from golive.model.alert import AlertSeverity
from golive.model.command import Alert, Record
from golive.model.decision import REFUSALS, Approved, DecisionCode
from golive.risk import LimitUse, RiskEngine, RiskProfile

from .code_version import code_version


def create_risk_metrics(recorder: Recorder, entrypoint: str, profile: RiskProfile) -> None:
    """Make every risk series exist at zero, and say what code runs."""
    recorder.create(RISK_DECISIONS, result="allowed", code=DecisionCode.APPROVED)
    for code in sorted(REFUSALS):
        recorder.create(RISK_DECISIONS, result="refused", code=code)
    for use in RiskEngine(profile).uses():
        recorder.create(RISK_USED, entrypoint=entrypoint, limit=use.limit)
    recorder.create(RISK_EMERGENCY, profile=profile.name)
    recorder.create(RISK_SERVICE_LATENCY, entrypoint=entrypoint)
    recorder.create(RISK_SERVICE_UP, entrypoint=entrypoint)
    revision = code_version().partition("+")[2]
    recorder.set(BUILD_INFO, 1, version=__version__, revision=revision)


def count_decision(recorder: Recorder, record: Record) -> None:
    """Count a risk decision; other records are none."""
    if isinstance(record.verdict, Approved):
        recorder.count(RISK_DECISIONS, result="allowed", code=DecisionCode.APPROVED)
    elif record.verdict is not None:
        recorder.count(RISK_DECISIONS, result="refused", code=record.verdict.code)


def publish_risk_use(recorder: Recorder, entrypoint: str, engine: Engine) -> tuple[LimitUse, ...]:
    """Set the used share of each limit now, and return what was set; nothing before the account can be valued."""
    uses = engine.present_uses()
    for use in uses:
        recorder.set(RISK_USED, use.used_ratio, entrypoint=entrypoint, limit=use.limit)
    return uses


class BandWatch:
    """Says when the use of a limit enters another band. That a stop was reached the engine says itself, at that moment."""

    def __init__(self) -> None:
        self._bands: dict[str, str] = {}

    def look(self, uses: Sequence[LimitUse]) -> list[Alert]:
        """Return what somebody should be told since the last look."""
        told = []
        for use in uses:
            before, self._bands[use.limit] = self._bands.get(use.limit, "ok"), use.band
            if use.band in (before, "breach"):
                continue
            severity = AlertSeverity.WARNING if use.band == "warn" else AlertSeverity.INFO
            title = f"{use.limit}: {use.used} of {use.allowed} used"
            told.append(Alert("risk", severity, title, f"band {before} → {use.band}, {use.used_ratio:.1%} of the limit"))
        return told
