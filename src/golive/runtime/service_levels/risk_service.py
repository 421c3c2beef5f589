"""Risk as a service: each decision is timed."""

from __future__ import annotations

import time

from golive.metrics.declaration import RISK_SERVICE_LATENCY
from golive.metrics.recorder import Recorder, Write
from golive.model.clock import SECOND
from golive.model.decision import Approved, Refused
from golive.model.order import NewOrder
from golive.risk import AccountView, RiskEngine, RiskProfile
from golive.risk.ports import EmergencySwitch


def timed_risk(profile: RiskProfile, entrypoint: str, recorder: Recorder, emergency: EmergencySwitch | None = None) -> RiskEngine:
    """Return risk of a profile whose decisions are timed."""
    return TimedRiskEngine(profile, recorder.histogram(RISK_SERVICE_LATENCY, entrypoint=entrypoint), emergency)


class TimedRiskEngine(RiskEngine):
    """`observe` is told how long each decision took, in seconds; one that raised took its time as well."""

    def __init__(self, profile: RiskProfile, observe: Write, emergency: EmergencySwitch | None = None) -> None:
        super().__init__(profile, emergency)
        self._observe = observe

    def decide(self, order: NewOrder, view: AccountView, decision_seq: int) -> Approved | Refused:
        began = time.perf_counter_ns()
        try:
            return super().decide(order, view, decision_seq)
        finally:
            self._observe((time.perf_counter_ns() - began) / SECOND)
