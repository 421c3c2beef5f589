"""What the dashboards showed over a window, kept as JSON and as a picture; or why there is nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from golive.model.clock import SECOND
from golive.model.errors import PrerequisiteMissing

from ..metrics_snapshot import stretch_until, take_snapshot
from ..prometheus_api import PrometheusApi
from ..readiness.scene import Scene

Kind: TypeAlias = Literal["stored", "empty", "missing", "not_asked"]


@dataclass(frozen=True, slots=True)
class Shown:
    """`empty`: Prometheus answered and has nothing of ours; `not_asked`: whoever closed the window said so."""

    kind: Kind
    files: tuple[Path, ...] = ()
    warning: str = ""


def shown_over(scene: Scene, since: int, until: int, prometheus: PrometheusApi | None, operator: str) -> Shown:
    """Ask this Prometheus (None: nobody is asked, as `operator` said) what the dashboards showed; times in ns UTC.

    Raises JournalError when the files cannot be written.
    """
    if prometheus is None:
        return Shown("not_asked", warning=f"what the dashboards showed was not asked for, by {operator}")
    stretch = stretch_until(until, max(1, until // SECOND - since // SECOND))
    try:
        taken = take_snapshot(scene.configuration, prometheus, scene.home, stretch, scene.clock)
    except PrerequisiteMissing as exc:
        return Shown("missing", warning=f"what the dashboards showed is not kept: {exc}")
    files, told = (taken.document, taken.picture), taken.snapshot
    if told.series and told.rules:
        return Shown("stored", files)
    return Shown(
        "empty", files, f"the dashboards showed nothing: {told.series} series and {told.rules} rules at {prometheus.url}"
    )
