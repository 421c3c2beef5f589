"""Asks a Prometheus everything that the dashboards ask, and keeps the answers: a JSON document and a picture, as evidence."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from golive.config.configuration import Configuration
from golive.model.clock import SECOND, Clock, stamp
from golive.observability.dashboard_snapshot import (
    SCHEMA,
    DashboardSnapshot,
    SnapshotAlert,
    SnapshotDashboard,
    SnapshotPanel,
    SnapshotQuery,
    SnapshotSeries,
    legend_text,
)
from golive.observability.dashboards import Dashboard, Panel, Query, dashboards
from golive.observability.shape import as_json
from golive.observability.snapshot_picture import Stretch, picture
from golive.storage.files import write_atomic

from .prometheus_api import PrometheusApi

FOLDER: Final = Path("var/audit/metrics")
MOST_VALUES: Final = 720
"""of one series: one every 5 s of an hour"""
GROUP_PREFIX: Final = "golive_"


class Taken(NamedTuple):
    """Where a snapshot was stored, and how much it found."""

    document: Path
    picture: Path
    snapshot: DashboardSnapshot


def stretch_until(end: int, seconds: int) -> Stretch:
    """Return whole steps of whole seconds up to `end` (ns UTC), which cover at least `seconds`."""
    step_s = max(1, math.ceil(seconds / MOST_VALUES))
    last = end // SECOND * SECOND
    return Stretch(last - math.ceil(seconds / step_s) * step_s * SECOND, last, step_s)


def take_snapshot(configuration: Configuration, api: PrometheusApi, home: Path, stretch: Stretch, clock: Clock) -> Taken:
    """Ask, draw and write `var/audit/metrics/dashboards_<stamp>_<digest>.{svg,json}`, the picture first.

    Raises PrerequisiteMissing when Prometheus does not answer, JournalError when a file cannot be written.
    """
    version = str(api.ask("status/buildinfo").get("version", "unknown"))
    rules = _rules(api.ask("rules"))
    alerts = _alerts(api.ask("alerts"))
    shown = [_dashboard(each, api, stretch) for each in dashboards(configuration)]
    now = clock.now()
    drawn = picture("Golive: dashboards", stretch, alerts, rules, shown).encode()
    digest = hashlib.sha256(drawn).hexdigest()
    drawing = home / FOLDER / f"dashboards_{stamp(now)}_{digest[:8]}.svg"
    queries = [query for each in shown for panel in each.panels for query in panel.queries]
    snapshot = DashboardSnapshot(
        schema=SCHEMA,
        taken_at=now,
        prometheus=api.url,
        prometheus_version=version,
        start=stretch.start,
        end=stretch.end,
        step_seconds=stretch.step_s,
        core_sha256=configuration.file_digest.core_sha256,
        runtime_sha256=configuration.file_digest.runtime_sha256,
        rules=rules,
        alerts=alerts,
        series=sum(len(query.series) for query in queries),
        empty_queries=tuple(sorted({query.expression for query in queries if not query.series})),
        dashboards=tuple(shown),
        picture=drawing.name,
        picture_sha256=digest,
    )
    document = drawing.with_suffix(".json")
    write_atomic(drawing, drawn, durable_name=True)
    write_atomic(document, orjson.dumps(as_json(snapshot), option=orjson.OPT_INDENT_2) + b"\n", durable_name=True)
    return Taken(document, drawing, snapshot)


def _dashboard(dashboard: Dashboard, api: PrometheusApi, stretch: Stretch) -> SnapshotDashboard:
    panels = tuple(_panel(each, api, stretch) for each in dashboard.panels)
    return SnapshotDashboard(name=dashboard.stem, title=dashboard.title, panels=panels)


def _panel(panel: Panel, api: PrometheusApi, stretch: Stretch) -> SnapshotPanel:
    queries = tuple(_query(each, api, stretch) for each in panel.queries)
    return SnapshotPanel(title=panel.title, description=panel.description, unit=panel.unit, limit=panel.limit, queries=queries)


def _query(query: Query, api: PrometheusApi, stretch: Stretch) -> SnapshotQuery:
    start, end = stretch.start / SECOND, stretch.end / SECOND
    series = [_series(query, each, stretch) for each in api.range(query.expression, start, end, stretch.step_s)]
    return SnapshotQuery(expression=query.expression, series=tuple(sorted(series, key=lambda each: sorted(each.labels.items()))))


def _series(query: Query, told: Mapping[str, Any], stretch: Stretch) -> SnapshotSeries:
    labels = {name: value for name, value in told["metric"].items() if name != "__name__"}
    steps = round((stretch.end - stretch.start) / SECOND / stretch.step_s) + 1
    values: list[str | None] = [None] * steps
    for moment, value in told["values"]:
        place = round((moment - stretch.start / SECOND) / stretch.step_s)
        if 0 <= place < steps:
            values[place] = value
    return SnapshotSeries(legend=legend_text(query.legend, labels), labels=labels, values=tuple(values))


def _rules(told: Mapping[str, Any]) -> int:
    return sum(len(group["rules"]) for group in told.get("groups", ()) if group["name"].startswith(GROUP_PREFIX))


def _alerts(told: Mapping[str, Any]) -> tuple[SnapshotAlert, ...]:
    rows: Sequence[Mapping[str, Any]] = told.get("alerts", ())
    alerts = [
        SnapshotAlert(
            alert=row["labels"].get("alertname", ""), state=row["state"], active_at=row["activeAt"], labels=dict(row["labels"]),
            summary=row["annotations"].get("summary", ""),
        )
        for row in rows
    ]  # fmt: skip
    return tuple(sorted(alerts, key=lambda each: (each.alert, sorted(each.labels.items()))))
