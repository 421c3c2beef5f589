"""What a session takes from above and gives back: progress, the metrics face, its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from golive.metrics.recorder import MemoryRecorder
from golive.model.json import JsonObject
from golive.model.verdict import ExitCode

from .facts import SessionFacts

Progress = Callable[[SessionFacts], None]


class MetricsFace(Protocol):
    """A running `/metrics` endpoint; a face, so it is handed in from above."""

    @property
    def url(self) -> str: ...

    def close(self) -> None: ...


ServeMetrics = Callable[[MemoryRecorder, str, int, str], MetricsFace]
"""(recorder, host, port, path) → the endpoint; GoliveError when the port is taken."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a session ended: the final report and the process's exit code."""

    report: JsonObject
    exit_code: ExitCode
    returns_to: str = ""
    """the paper entrypoint to go on with, because live trading ended by itself and the configuration says so; '' = nothing"""
