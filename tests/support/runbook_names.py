"""What the operators' five documents name, as `tests/e2e/runbook_names.json` lists it, held against a finished run and the sources.

An entry says where the names stand (`at`: document and line, `said`: the words as they stand there) and what becomes of them:
`report` (path → value), `report_holds` (path → member), `report_lacks` (path → texts that no line may hold), `report_keys` (path → all
keys), `report_pattern`, `while_warming_up` (the other value allowed until the phase is stable), `queue` (queue → figures of its guardrail
row), `markdown_lacks`, `samples` (series of the run's metrics file → value, null = any), `configuration` and `configuration_holds`
(file:path → value or members), `home` and `repository` (a file that exists), `declared` (metrics), `proved_by` (a test), `role`, and
`later` with `absent`: what this version does not have, until the file appears.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import yaml
from prometheus_client.parser import text_string_to_metric_families

from golive.metrics.declaration import DECLARED

ROOT: Final = Path(__file__).parents[2]
LIST: Final = ROOT / "tests/e2e/runbook_names.json"
_FENCE: Final = "```"
_QUOTED: Final = re.compile(r"`([^`]+)`")
_LOOSE: Final = re.compile(
    r"[A-Za-z]\w*_\w+(?:[.*/\w]*\w)?"  # max_daily_loss_pct
    r"|\w+(?:/\w+)*\.(?:yaml|json|jsonl|md|py|prom)\b"  # core.yaml
    r"|#[a-z]+-[a-z-]+"  # #sec-alerts
    r"|\b[A-Z][a-z]+[A-Z]\w+"  # RiskEngine
)
MISSING: Final = object()


@cache
def entries() -> tuple[Mapping[str, Any], ...]:
    """Return the whole list, in the order of the documents."""
    return tuple(json.loads(LIST.read_text(encoding="utf-8")))


def entries_for(label: str) -> list[Mapping[str, Any]]:
    """Return what the document of one venue names, and what those for all venues do."""
    of_venues = re.compile(r"(\w+)_go_live\.md:")
    found = [(of_venues.match(entry["at"]), entry) for entry in entries()]
    return [entry for venue, entry in found if venue is None or venue[1] == label]


def names_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and words of every name in a document: what is set as code, commands, and identifiers in running text."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_FENCE):
            fenced = not fenced
        elif fenced:
            if line.strip():
                yield number, line.strip()
        else:
            for words in (*_QUOTED.findall(line), *_LOOSE.findall(_QUOTED.sub(" ", line))):
                yield number, words


def at(document: Any, path: str) -> Any:
    """Return the value at a dotted path, MISSING where there is none."""
    for step in path.split("."):
        if not isinstance(document, Mapping) or step not in document:
            return MISSING
        document = document[step]
    return document


@dataclass(frozen=True)
class FinishedRun:
    """A home after a run, and the run's report."""

    home: Path
    report: Mapping[str, Any]

    @cached_property
    def samples(self) -> Sequence[tuple[str, Mapping[str, str], float]]:
        text = (self.home / f"metrics/session_{self.report['entrypoint']}.prom").read_text()
        return [(s.name, s.labels, s.value) for family in text_string_to_metric_families(text) for s in family.samples]

    @cached_property
    def markdown(self) -> str:
        return (self.home / str(self.report["report_markdown"])).read_text()

    def configured(self, place: str) -> Any:
        """Return the value of `file:path` in the run's own configuration."""
        file, path = place.split(":")
        return at(_yaml(self.home / "config" / file), path)

    def read(self, path: str) -> Any:
        return at(self.report, path)


@cache
def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def unmet(entry: Mapping[str, Any], run: FinishedRun) -> list[str]:
    """Return what an entry says of a run that is not so, one line each."""
    found = [*_of_report(entry, run), *_of_figures(entry, run)]
    for place, value in entry.get("configuration", {}).items():
        found += _differs(place, run.configured(place), value)
    for place, members in entry.get("configuration_holds", {}).items():
        found += [f"{place} lacks {member}" for member in members if member not in (run.configured(place) or ())]
    if "home" in entry and not any(run.home.glob(entry["home"])):
        found.append(f"{entry['home']} is not there after a run")
    return found


def _of_report(entry: Mapping[str, Any], run: FinishedRun) -> Iterator[str]:
    warming_up = run.read("paper_exchange_metrics.summary.phase") != "stable"
    for path, value in entry.get("report", {}).items():
        if not (warming_up and "while_warming_up" in entry and run.read(path) == entry["while_warming_up"]):
            yield from _differs(path, run.read(path), value)
    for path, member in entry.get("report_holds", {}).items():
        value = run.read(path)
        if not isinstance(value, list) or member not in value:
            yield f"{path} does not hold {member}: {_text(value)}"
    for path, texts in entry.get("report_lacks", {}).items():
        value = run.read(path)
        if not isinstance(value, list):
            yield f"{path} is no list: {_text(value)}"
        else:
            yield from (f"{path}: {line}" for line in value if any(text in line for text in texts))
    for path, keys in entry.get("report_keys", {}).items():
        value = run.read(path)
        yield from _differs(f"keys of {path}", sorted(value) if isinstance(value, Mapping) else value, sorted(keys))
    for path, pattern in entry.get("report_pattern", {}).items():
        if not re.fullmatch(pattern, str(run.read(path))):
            yield f"{path} is {_text(run.read(path))}, not {pattern}"


def _of_figures(entry: Mapping[str, Any], run: FinishedRun) -> Iterator[str]:
    """What guardrail rows, the Markdown report and the metrics file say."""
    for queue, figures in entry.get("queue", {}).items():
        rows = [row for row in run.report["guardrails"]["summaries"] if row["queue"] == queue]
        for name, value in figures.items():
            yield from _differs(f"{queue}.{name}", rows[0].get(name, MISSING) if len(rows) == 1 else MISSING, value)
    yield from (f"the Markdown report holds {text}" for text in entry.get("markdown_lacks", ()) if text in run.markdown)
    for series, value in entry.get("samples", {}).items():
        name, _, labels = series.rstrip("}").partition("{")
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        seen = [v for n, has, v in run.samples if n == name and wanted.items() <= has.items()]
        if not seen or (value is not None and set(seen) != {value}):
            yield f"{series} is {seen}, not {value}"


def unproved(entry: Mapping[str, Any]) -> list[str]:
    """Return what an entry says of the sources that is not so: files, tests, metrics, and what is still to come."""
    found = []
    for kind in ("repository", "proved_by"):
        if kind in entry:
            path, _, test = entry[kind].partition("::")
            if not (ROOT / path).exists():
                found.append(f"{path} does not exist")
            elif test and not re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE):
                found.append(f"{path} has no {test}")
    found += [f"metric {name} is not declared" for name in entry.get("declared", ()) if name not in DECLARED]
    if "absent" in entry and (ROOT / entry["absent"]).exists():
        found.append(f"{entry['absent']} has come: say what proves it instead of `later`")
    if not entry.keys() - {"at", "said", "while_warming_up", "absent"}:
        found.append("nothing is said about it")
    return found


def report_paths(entry: Mapping[str, Any]) -> list[str]:
    """Return every path of the report that an entry looks at."""
    kinds = ("report", "report_holds", "report_lacks", "report_keys", "report_pattern")
    return [path for kind in kinds for path in entry.get(kind, {})]


def without(document: Mapping[str, Any], path: str, instead: Any = MISSING) -> dict[str, Any]:
    """Return a document that lacks a path, or has something else there."""
    first, _, rest = path.partition(".")
    left = {key: value for key, value in document.items() if key != first}
    if rest:
        left[first] = without(document[first], rest, instead)
    elif instead is not MISSING:
        left[first] = instead
    return left


def _differs(name: str, value: Any, expected: Any) -> list[str]:
    """Values are equal as JSON texts: 1 is not 1.0, nor true."""
    if value is not MISSING and json.dumps(value, sort_keys=True) == json.dumps(expected, sort_keys=True):
        return []
    return [f"{name} is {_text(value)}, not {json.dumps(expected)}"]


def _text(value: Any) -> str:
    return "missing" if value is MISSING else f"{value!r:.200}"
