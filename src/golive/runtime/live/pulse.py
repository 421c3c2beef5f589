"""A live desk's sign of life for each venue, and how long its order journals kept records waiting, in the exported series.

The file is written every 15 s only, so the longest wait since it was written last is what it tells.
"""

from __future__ import annotations

from collections.abc import Mapping

from golive.metrics.declaration import LIVE_HEARTBEAT, LIVE_JOURNAL_STALLED
from golive.metrics.recorder import Recorder
from golive.model.clock import SECOND


class DeskPulse:
    """Beats with every turn of the desk's clock; `exchanges` are the labels of its venues."""

    def __init__(self, recorder: Recorder, exchanges: list[str]) -> None:
        self._heartbeats = {name: recorder.gauge(LIVE_HEARTBEAT, exchange=name) for name in exchanges}
        self._stalls = {name: recorder.gauge(LIVE_JOURNAL_STALLED, exchange=name) for name in exchanges}
        self._longest = dict.fromkeys(exchanges, 0.0)

    def beat(self, now: int, stalled_s: Mapping[str, float]) -> None:
        """`now` in ns UTC; `stalled_s`: how long the oldest record of each venue's journal has been waiting."""
        for name, set_heartbeat in self._heartbeats.items():
            set_heartbeat(now / SECOND)
            longest = self._longest[name] = max(self._longest[name], stalled_s.get(name, 0.0))
            self._stalls[name](longest)

    def exported(self) -> None:
        """The file tells the longest wait; from here on it is about the next one."""
        self._longest = dict.fromkeys(self._longest, 0.0)

    def end(self) -> None:
        """Nothing beats any more, and nothing waits."""
        for name, set_heartbeat in self._heartbeats.items():
            set_heartbeat(0)
            self._stalls[name](0)
