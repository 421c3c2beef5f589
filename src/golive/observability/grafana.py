"""Dashboards as the JSON that Grafana imports, built by grafana-foundation-sdk (the extra `dashboards`).

Its JSON has schemaVersion 36, which Grafana 10 and later read. The data source is a variable, chosen in Grafana.
"""

from __future__ import annotations

import json
from typing import Final

from golive.model.errors import PrerequisiteMissing

from .dashboards import Dashboard, Panel

WIDTH: Final = 12
HEIGHT: Final = 8
COLUMNS: Final = 2
DATA_SOURCE: Final = "datasource"


def grafana_json(dashboard: Dashboard) -> str:
    """Return the dashboard as JSON text. Raises PrerequisiteMissing when the extra is not installed."""
    try:
        from grafana_foundation_sdk.builders import dashboard as builder
        from grafana_foundation_sdk.cog.encoder import JSONEncoder
    except ImportError as exc:
        raise PrerequisiteMissing("dashboards are built by grafana-foundation-sdk: pip install 'golive[dashboards]'") from exc
    built = (
        builder.Dashboard(dashboard.title)
        .uid(f"golive-{dashboard.stem.replace('_', '-')}")
        .tags(["golive"])
        .refresh("15s")
        .time("now-1h", "now")
        .timezone("utc")
        .with_variable(builder.DatasourceVariable(DATA_SOURCE).label("Prometheus").type("prometheus"))
    )
    for number, panel in enumerate(dashboard.panels):
        built = built.with_panel(_panel(number, panel))
    return json.dumps(built.build(), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


def _panel(number: int, panel: Panel) -> object:
    from grafana_foundation_sdk.builders import common, prometheus, timeseries
    from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
    from grafana_foundation_sdk.models.common import GraphTresholdsStyleMode, LegendDisplayMode, LegendPlacement
    from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos, Threshold, ThresholdsMode

    row, column = divmod(number, COLUMNS)
    built = (
        timeseries.Panel()
        .id(number + 1)
        .title(panel.title)
        .description(panel.description)
        .unit(panel.unit)
        .line_width(1.0)
        .grid_pos(GridPos(h=HEIGHT, w=WIDTH, x=column * WIDTH, y=row * HEIGHT))
        .datasource(DataSourceRef(type_val="prometheus", uid=f"${{{DATA_SOURCE}}}"))
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
    )
    for query, letter in zip(panel.queries, "ABCD", strict=False):
        built = built.with_target(prometheus.Dataquery().expr(query.expression).legend_format(query.legend).ref_id(letter))
    if panel.limit is None:
        return built
    below, above = ("red", "green") if panel.low_is_bad else ("green", "red")
    steps = [Threshold(None, below), Threshold(float(panel.limit), above)]
    return built.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)).thresholds_style(
        common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.DASHED)
    )
