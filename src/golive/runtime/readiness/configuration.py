"""Gathers what the checks of the configuration alone judge: queues, thresholds of paper, models."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from golive.readiness.checks.ai_models import ModelEvidence
from golive.readiness.checks.io_queue import QueueEvidence
from golive.readiness.checks.thresholds import ProfileEvidence, ThresholdEvidence

from .scene import Scene

MODEL: str = "model"
"""part of the name of a parameter that names a model"""


def queue_evidence(scene: Scene) -> QueueEvidence:
    """Return the limits of the live entrypoint's queue."""
    io = scene.live.io
    return QueueEvidence(io.queue, io.max_concurrency, io.burst)


def threshold_evidence(scene: Scene) -> ThresholdEvidence:
    """Return how every paper entrypoint of the exchange is judged."""
    exchange = scene.live.exchange
    return ThresholdEvidence(
        exchange,
        tuple(
            ProfileEvidence(
                entrypoint=each.name, profile=each.paper_profile or "", thresholds=each.thresholds, guardrails=each.guardrails
            )
            for each in scene.configuration.paper_entrypoints()
            if each.exchange == exchange
        ),
    )


def model_evidence(scene: Scene) -> ModelEvidence:
    """Return the parameters, of the strategy and its members, that name a model; no other key of a configuration can."""
    members = tuple(each.strategy for each in scene.live.allocation)
    return ModelEvidence((scene.live.strategy, *members), MappingProxyType(dict(_models(scene))))


def _models(scene: Scene) -> Iterator[tuple[str, str]]:
    sets = [(f"strategies.{scene.live.strategy}.parameters", scene.live.parameters)]
    sets += [
        (f"strategies.{scene.live.strategy}.allocation.{number}.parameters", each.parameters)
        for number, each in enumerate(scene.live.allocation)
    ]
    for where, parameters in sets:
        yield from ((f"{where}.{name}", str(value)) for name, value in parameters.items() if MODEL in name.split("_"))
