"""A `prometheus.yml` that scrapes a session where the configuration serves its metrics, and loads the rules.

The job that reads the files instead is in it as a comment: what two jobs read is counted twice.

Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import yaml

from golive.config.runtime_file import Prometheus

HEADER: Final = """\
# Made by `golive metrics rules` of observability.prometheus in config/runtime.yaml. Start it here, so that the rules are found:
#   prometheus --config.file=deploy/prometheus/prometheus.yml
# One job reads sessions: both at once would count everything twice (docs/monitoring.md).
"""
FOOTER: Final = """\
# Instead of the job golive, for several sessions at once, for live orders, which are in files alone, and for sessions that were
# killed: the node exporter whose textfile collector reads the folder metrics/. Take the other job out, and the marks off here.
"""
SCRAPE_S: Final = 15
ALERTMANAGER: Final = "127.0.0.1:9093"
NODE_EXPORTER: Final = "127.0.0.1:9100"


def scrape_text(
    prometheus: Prometheus, rule_files: Sequence[str], *, scrape_s: int = SCRAPE_S, alertmanager: str = ALERTMANAGER
) -> str:
    """Return the YAML text; `rule_files` are relative to the file itself, a port of 0 is written as it is."""
    host = f"[{prometheus.host}]" if ":" in prometheus.host else prometheus.host
    every = f"{scrape_s}s"
    document = {
        "global": {"scrape_interval": every, "evaluation_interval": every},
        "rule_files": list(rule_files),
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "golive",
                "metrics_path": prometheus.path,
                "static_configs": [{"targets": [f"{host}:{prometheus.port}"]}],
            },
        ],
    }
    files = [{"job_name": "golive_files", "static_configs": [{"targets": [NODE_EXPORTER]}]}]
    instead = "".join(f"# {line}\n" for line in yaml.safe_dump(files, sort_keys=False).splitlines())
    return HEADER + yaml.safe_dump(document, sort_keys=False) + FOOTER + instead
