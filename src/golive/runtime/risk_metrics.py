"""Risk as metrics: decisions as they are recorded, the used share of each limit, and what is running."""

from __future__ import annotations

from golive import __version__
from golive.engine import Engine
from golive.metrics.declaration import BUILD_INFO, RISK_DECISIONS, RISK_USED
from golive.metrics.recorder import Recorder
from golive.model.command import Record
from golive.model.decision import Approved, DecisionCode
from golive.risk import LIMITS

from .code_version import code_version

_REFUSALS = tuple(code for code in DecisionCode if code.startswith("RISK_"))


def create_risk_metrics(recorder: Recorder, entrypoint: str) -> None:
    """Make every risk series exist at zero, and say what code runs."""
    recorder.create(RISK_DECISIONS, result="allowed", code=DecisionCode.APPROVED)
    for code in _REFUSALS:
        recorder.create(RISK_DECISIONS, result="refused", code=code)
    for limit in LIMITS:
        recorder.create(RISK_USED, entrypoint=entrypoint, limit=limit)
    revision = code_version().partition("+")[2]
    recorder.set(BUILD_INFO, 1, version=__version__, revision=revision)


def count_decision(recorder: Recorder, record: Record) -> None:
    """Count a risk decision; other records are none."""
    if isinstance(record.verdict, Approved):
        recorder.count(RISK_DECISIONS, result="allowed", code=DecisionCode.APPROVED)
    elif record.verdict is not None:
        recorder.count(RISK_DECISIONS, result="refused", code=record.verdict.code)


def publish_risk_use(recorder: Recorder, entrypoint: str, engine: Engine) -> None:
    """Set the used share of each limit, at its worst so far."""
    for use in engine.risk.uses():
        recorder.set(RISK_USED, use.used_ratio, entrypoint=entrypoint, limit=use.limit)
