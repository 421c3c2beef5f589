"""What a probe found, and the rule of the health gauge. Source: CONTRACT, exchange metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from golive.model.clock import SECOND, Clock

from .circuit import Circuit
from .meter import Meter


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One health probe. `checked_at` is wall clock, ns; `checks` maps each check to `ok` or the reason it failed."""

    checked_at: int
    ok: bool
    clock_skew_ms: float | None
    """venue minus ours; None when the venue's time could not be had"""
    checks: Mapping[str, str]


class Health:
    """Keeps the gauge true: 1 iff the last probe passed, is fresh, and the circuit is closed."""

    def __init__(self, meter: Meter, circuit: Circuit, clock: Clock, stale_after_s: float) -> None:
        self._meter = meter
        self._circuit = circuit
        self._clock = clock
        self._stale_after_s = stale_after_s
        self._passed = False
        self._probed_at: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_healthy(self) -> bool:
        if self._probed_at is None or not self._passed or not self._circuit.is_closed:
            return False
        return self._clock.monotonic() - self._probed_at < self._stale_after_s * SECOND

    def probed(self, ok: bool) -> None:
        """Take in a probe; a timer brings the gauge to 0 when no other follows in time."""
        self._passed = ok
        self._probed_at = self._clock.monotonic()
        self.publish()
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(self._stale_after_s, self.publish)

    def publish(self) -> None:
        """Set the gauge to what holds now; called after everything that could change it."""
        self._meter.health(self.is_healthy)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
