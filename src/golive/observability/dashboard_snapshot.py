"""What dashboards showed over a stretch of time: the answer to every question they ask, as Prometheus gave it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.json import JsonValue

from .shape import Count, Instant, Sha256, Share, document_schema

SCHEMA: Final = "golive.dashboard_snapshot.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSeries:
    """One series: `values[i]` is that at start + i × step, as Prometheus wrote it (also `NaN`, `+Inf`); null = none."""

    legend: str
    labels: Mapping[str, str]
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotQuery:
    expression: str
    series: tuple[SnapshotSeries, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPanel:
    title: str
    description: str
    unit: str
    limit: float | None
    queries: tuple[SnapshotQuery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDashboard:
    name: str
    title: str
    panels: tuple[SnapshotPanel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotAlert:
    """An alert that was pending or firing when the snapshot was taken."""

    alert: str
    state: str
    active_at: str
    """as Prometheus wrote it"""
    labels: Mapping[str, str]
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardSnapshot:
    """One snapshot; `rules` counts those of ours that Prometheus has loaded, 0 means that it would raise no alert at all."""

    schema: str
    taken_at: Instant
    prometheus: str
    prometheus_version: str
    start: Instant
    end: Instant
    step_seconds: Share
    core_sha256: Sha256
    runtime_sha256: Sha256
    rules: Count
    alerts: tuple[SnapshotAlert, ...]
    series: Count
    empty_queries: tuple[str, ...]
    """expressions to which there was no answer"""
    dashboards: tuple[SnapshotDashboard, ...]
    picture: str
    """file beside this one"""
    picture_sha256: Sha256


def snapshot_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "What the dashboards of Golive showed", DashboardSnapshot)


def legend_text(legend: str, labels: Mapping[str, str]) -> str:
    """Return a legend with its `{{label}}` filled in, as Grafana does it."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend)
