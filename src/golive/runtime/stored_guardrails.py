"""The guardrail report of chosen entrypoints, joined from what their runs have left: no session is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.model.errors import ConfigError, JournalError, MalformedPayload
from golive.observability.guardrail_report import (
    GuardedEntrypoint,
    GuardrailReport,
    StoredMeasurement,
    guardrail_report,
    happened_since,
    joined_section,
    measurements,
)
from golive.observability.guardrails import Guardrails
from golive.storage.guardrail_line import EVENTS_FILE, later_events, stored_events
from golive.storage.guardrail_reports import stored_guardrail_reports

from .guardrail_report import guarded, guardrail_records


def stored_guardrails(home: Path, configuration: Configuration, now: int, *, tags: Collection[str] = ()) -> GuardrailReport:
    """Return the report of every entrypoint that has all of `tags`: each queue as the newest run left it, and its last events.

    One whose environment is not in use is left out, unless the tags mean no other.

    Raises ConfigError for a tag that no entrypoint has, or tags that no entrypoint has together; JournalError when nothing is
    stored, or what is stored cannot be read.
    """
    chosen = _tagged(configuration, tags)
    folder = home / configuration.runtime.io_queue.log_directory
    if not folder.is_dir():
        raise JournalError(f"{folder}: there is no such folder, no run has left anything yet; golive run makes it")
    found = _newest(folder, {(each.environment, each.io.queue) for each in chosen})
    rows = [_measured(guarded(each), found) for each in chosen]
    events = stored_events(folder / EVENTS_FILE, environments={each.environment for each in chosen})
    bare = Guardrails(
        generated_at=now,
        log_directory=configuration.runtime.io_queue.log_directory,
        summaries=(),
        recommendations=(),
        log_records=tuple(guardrail_records(events)),
    )
    since = {(each.environment, each.queue): each.measured_at for each in rows if each.measured_at is not None}
    later = later_events(folder / EVENTS_FILE, {environment: at for (environment, _), at in since.items()})
    unmeasured = [each for each in rows if each.run_id is None and (each.guardrails or not found)]
    section = joined_section(bare, list(found.values()), unmeasured)
    return happened_since(guardrail_report(section, rows, sorted(set(tags))), guardrail_records(later))


def _measured(row: GuardedEntrypoint, found: Mapping[tuple[str, str], StoredMeasurement]) -> GuardedEntrypoint:
    told = found.get((row.environment, row.queue))
    if told is None:
        return row
    return replace(row, run_id=told.run_id, run_started_at=told.run_started_at, measured_at=told.measured_at)


def _tagged(configuration: Configuration, tags: Collection[str]) -> list[ResolvedEntrypoint]:
    entrypoints = configuration.runtime.trading.entrypoints
    known = sorted({tag for each in entrypoints.values() for tag in each.tags})
    for tag in tags:
        if tag not in known:
            raise ConfigError(f"--tag {tag}: no entrypoint of runtime.yaml has it; there are {', '.join(known)}")
    chosen = [name for name, each in entrypoints.items() if set(tags) <= set(each.tags)]
    if not chosen:
        raise ConfigError(f"no entrypoint of runtime.yaml has all the tags {', '.join(sorted(set(tags)))}; ask for fewer")
    in_use = [name for name in chosen if configuration.is_in_use(entrypoints[name].environment)]
    return [configuration.resolve(name) for name in sorted(in_use or chosen)]


def _newest(folder: Path, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], StoredMeasurement]:
    """Return the newest measurement of each wanted (environment, queue) that has one."""
    found: dict[tuple[str, str], StoredMeasurement] = {}
    for path, stored in stored_guardrail_reports(folder):
        try:
            measured = measurements(stored)
        except MalformedPayload as exc:
            raise JournalError(f"{path}: not a guardrail report ({exc}); move the file away") from exc
        found |= {place: told for place, told in measured.items() if place in wanted and place not in found}
        if wanted <= found.keys():
            break
    return found
