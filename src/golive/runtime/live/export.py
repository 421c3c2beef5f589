"""`metrics/live_router.prom`: the live series as Prometheus text, for a node exporter's textfile collector.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4), CONTRACT "Live router".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from golive.metrics.declaration import Metric, MetricType
from golive.metrics.recorder import MemoryRecorder, Series
from golive.storage.files import make_directory, write_atomic

PREFIX: Final = "live_"
DIRECTORY_MODE: Final = 0o755


def write_exposition(path: Path, recorder: MemoryRecorder) -> None:
    """Replace the file by what the recorder holds now, whole or not at all; JournalError when it cannot be written."""
    make_directory(path.parent, DIRECTORY_MODE)
    write_atomic(path, exposition(recorder).encode(), durable_name=False)


def exposition(recorder: MemoryRecorder) -> str:
    """Return the live series as text, names and labels sorted."""
    lines: list[str] = []
    for metric, rows in recorder.snapshot():
        if metric.name.startswith(PREFIX):
            lines += (f"# HELP {metric.name} {_escaped(metric.help)}", f"# TYPE {metric.name} {metric.type}")
            for labels, series in rows:
                lines += _samples(metric, labels, series)
    return "\n".join([*lines, ""])


def _samples(metric: Metric, labels: dict[str, str], series: Series) -> Iterator[str]:
    if metric.type is not MetricType.HISTOGRAM:
        yield f"{metric.name}{_braces(labels)} {_number(series.value)}"
        return
    so_far = 0
    for bound, count in zip((*metric.buckets, math.inf), series.counts, strict=True):
        so_far += count
        yield f"{metric.name}_bucket{_braces({**labels, 'le': _number(bound)})} {so_far}"
    yield f"{metric.name}_sum{_braces(labels)} {_number(series.total)}"
    yield f"{metric.name}_count{_braces(labels)} {so_far}"


def _braces(labels: dict[str, str]) -> str:
    inside = ",".join(f'{name}="{_escaped(value, quoted=True)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text


def _number(value: float) -> str:
    if value == math.inf:
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
