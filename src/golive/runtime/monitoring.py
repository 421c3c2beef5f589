"""The files under `deploy/` that follow from the configuration: written, or compared with what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from golive.config.configuration import Configuration
from golive.model.errors import JournalError
from golive.observability.alert_rules import alert_rules
from golive.observability.dashboards import dashboards
from golive.observability.grafana import grafana_json
from golive.observability.rule_text import rule_text
from golive.observability.scrape_text import scrape_text
from golive.storage.files import write_atomic

RULES_FOLDER: Final = Path("deploy/prometheus")
DASHBOARDS_FOLDER: Final = Path("deploy/grafana")
FILE_MODE: Final = 0o644


def rule_files(configuration: Configuration) -> dict[str, str]:
    """Return the text of each file for Prometheus, by its name: the rules and a `prometheus.yml` that loads them."""
    texts = {f"{file.stem}.rules.yml": rule_text(file) for file in alert_rules(configuration)}
    return {**texts, "prometheus.yml": scrape_text(configuration.runtime.observability.prometheus, sorted(texts))}


def dashboard_files(configuration: Configuration) -> dict[str, str]:
    """Return the text of each dashboard for Grafana, by its file's name. Raises PrerequisiteMissing without the extra."""
    return {f"{each.stem}.json": grafana_json(each) for each in dashboards(configuration)}


def differing(folder: Path, texts: dict[str, str]) -> list[str]:
    """Return a line for each file that is missing or is not as it would be made now.

    Raises JournalError when a file cannot be read.
    """
    told = []
    for name, text in texts.items():
        path = folder / name
        try:
            there = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            told.append(f"{path} is missing")
        except (OSError, UnicodeDecodeError) as exc:
            raise JournalError(f"{path}: cannot be read: {exc}") from exc
        else:
            if there != text:
                told.append(f"{path} is not what the configuration makes")
    return told


def write_files(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write every file; return their paths. Raises JournalError when one cannot be written."""
    for name, text in texts.items():
        write_atomic(folder / name, text.encode(), mode=FILE_MODE)
    return [folder / name for name in texts]
