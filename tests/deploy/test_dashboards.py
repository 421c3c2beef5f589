"""The dashboards in `deploy/grafana/`: what Grafana's own library makes of them, and what its reader takes back.

There is no Grafana to load them into; they are held to the library's types and to a schema of what a panel needs.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from golive.runtime.monitoring import dashboard_files, differing
from support.configuration import CORE, ROOT, RUNTIME, changed, parse

FOLDER = ROOT / "deploy/grafana"
STEMS = ("exchanges", "live_router", "readiness", "risk")
SCHEMA = {
    "type": "object",
    "required": ["uid", "title", "schemaVersion", "panels", "templating", "time", "timezone"],
    "properties": {
        "uid": {"type": "string", "pattern": "^golive-[a-z-]{1,32}$"},
        "title": {"type": "string", "pattern": "^Golive: "},
        "schemaVersion": {"const": 36},
        "timezone": {"const": "utc"},
        "templating": {"properties": {"list": {"contains": {"properties": {"name": {"const": "datasource"}}}}}},
        "panels": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["id", "type", "title", "description", "targets", "gridPos", "datasource", "fieldConfig", "options"],
                "properties": {
                    "id": {"type": "integer", "minimum": 1},
                    "type": {"const": "timeseries"},
                    "title": {"type": "string", "minLength": 3},
                    "description": {"type": "string", "minLength": 3},
                    "options": {"type": "object"},
                    "datasource": {"const": {"type": "prometheus", "uid": "${datasource}"}},
                    "gridPos": {
                        "required": ["h", "w", "x", "y"],
                        "properties": {"x": {"minimum": 0, "maximum": 12}, "w": {"const": 12}, "h": {"const": 8}},
                    },
                    "targets": {
                        "minItems": 1,
                        "items": {
                            "required": ["expr", "refId", "legendFormat"],
                            "properties": {"refId": {"enum": list("ABCD")}, "legendFormat": {"minLength": 1}},
                        },
                    },
                },
            },
        },
    },
}


def read(stem: str) -> dict[str, Any]:
    document = json.loads((FOLDER / f"{stem}.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def test_the_committed_files_are_what_the_shipped_configuration_makes() -> None:
    assert differing(FOLDER, dashboard_files(parse())) == []
    assert sorted(path.name for path in FOLDER.iterdir()) == [f"{stem}.json" for stem in STEMS]


@pytest.mark.parametrize("stem", STEMS)
def test_a_dashboard_has_all_that_grafana_needs(stem: str) -> None:
    jsonschema.validate(read(stem), SCHEMA)


@pytest.mark.parametrize("stem", STEMS)
def test_the_library_reads_back_what_it_wrote(stem: str) -> None:
    register_default_plugins()
    document = read(stem)
    assert json.loads(json.dumps(Dashboard.from_json(document), cls=JSONEncoder)) == document


@pytest.mark.parametrize("stem", STEMS)
def test_no_panel_lies_on_another_and_each_has_its_number(stem: str) -> None:
    panels = read(stem)["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    for a, b in combinations(places, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, (a, b)
    for panel in panels:
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)


def test_no_dashboard_shares_its_uid() -> None:
    assert len({read(stem)["uid"] for stem in STEMS}) == len(STEMS)


def test_the_live_router_shows_what_the_go_live_file_must_hold() -> None:
    text = (FOLDER / "live_router.json").read_text(encoding="utf-8")
    for name in ("live_orders_total", "live_orders_fallback_total", "live_execution_latency_seconds"):
        assert name in text


def test_windows_and_limits_are_those_of_the_configuration() -> None:
    told = dashboard_files(
        parse(
            changed(RUNTIME, "reference_window_seconds: 3600", "reference_window_seconds: 600"),
            changed(CORE, "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 500"),
        )
    )
    assert "Errors within 10m" in told["exchanges.json"]
    limits = [
        panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"]
        for panel in json.loads(told["live_router.json"])["panels"]
        if panel["title"].startswith("Risk decision")
    ]
    assert limits == [0.5]


def test_a_folder_that_was_changed_by_hand_is_told(tmp_path: Path) -> None:
    texts = dashboard_files(parse())
    assert differing(tmp_path, texts) == [f"{tmp_path / name} is missing" for name in texts]
