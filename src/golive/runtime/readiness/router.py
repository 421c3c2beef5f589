"""Gathers what `router` judges: the routes of the live entrypoint, the rule files at home, the newest live report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from golive.audit import Entry
from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.execution.live.route import first_match
from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.observability.alert_rules import alert_rules
from golive.readiness.checks.router import RouterEvidence, Way
from golive.readiness.finding import Evidence
from golive.storage.decision_step import LIVE
from golive.storage.run_reports import newest_report

from ..live_session.report_step import SESSION_REPORT
from ..monitoring import RULES_FOLDER, differing, rule_files
from ..routes import routes_of
from .decision_log import changed_artefacts, newest_step
from .evidence_file import evidence_of
from .scene import Scene, decision_logs

REPORTS: Final = "logs/e2e"


def router_evidence(scene: Scene) -> RouterEvidence:
    """Return what there is to judge by. Raises JournalError for a log, a report or a rule file that cannot be read.

    What the newest session that ended said of its connections stands in the decision log; a report beside it, of one that runs,
    can only make it worse.
    """
    step = newest_step(scene, decision_logs(scene).steps(LIVE), SESSION_REPORT)
    report = newest_report(scene.home / REPORTS, mode="live", entrypoint=scene.live.name)
    ended, running = _ended(step), None if report is None else _reconnecting(report)
    is_worse = bool(running) and not ended
    named = None if report is None else str(report.get("run_id"))
    if step is not None and not is_worse:
        named = str(step.body.get("run_id"))
    return RouterEvidence(
        entrypoint=scene.live.name,
        ways=tuple(_ways(scene.configuration, scene.live)),
        rule_faults=tuple(_files(scene)),
        rules=sum(len(file.rules) for file in alert_rules(scene.configuration)),
        reconnect_required=running if is_worse or step is None else ended,
        session="" if named is None else f"session {named[:8]}",
        changed=() if step is None else changed_artefacts(scene.home, step),
        files=_evidence(scene, step),
    )


def _ended(step: Entry | None) -> int | None:
    """Return how many adapters needed a new connection when a session ended; None where none has."""
    needed = None if step is None else step.body.get("reconnect_required")
    return needed if isinstance(needed, int) else None


def _ways(configuration: Configuration, live: ResolvedEntrypoint) -> Iterator[Way]:
    routes = routes_of(configuration, live)
    everyone = [configuration.resolve(name) for name in configuration.runtime.trading.entrypoints]
    for instrument in live.instruments:
        route = first_match(routes, live.adapter, instrument.symbol, live.risk_profile)
        homeless = [
            adapter
            for adapter in (route.after(live.adapter) if route else ())
            if len({each.environment for each in everyone if each.adapter == adapter and each.environment_type == "live"}) != 1
        ]
        yield Way(instrument=str(instrument), route=None if route is None else route.name, homeless=tuple(homeless))


def _files(scene: Scene) -> Iterator[str]:
    """Yield what `golive metrics rules --check` says of the files at home."""
    for line in differing(scene.home / RULES_FOLDER, rule_files(scene.configuration)):
        yield line.replace(f"{scene.home}/", "")


def _reconnecting(report: JsonObject) -> int:
    measured = report.get("measured")
    status = measured.get("failover_status") if isinstance(measured, dict) else None
    value = status.get("reconnect_required") if isinstance(status, dict) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise JournalError(f"{report.get('report_json')}: says nothing of failover_status.reconnect_required")
    return value


def _evidence(scene: Scene, step: Entry | None) -> tuple[Evidence, ...]:
    """Return the report that a step names, as it is now; that it was changed stands in `changed`."""
    artefacts = None if step is None else step.body.get("artefacts")
    named = [str(each["path"]) for each in artefacts if isinstance(each, dict)] if isinstance(artefacts, list) else []
    there = [scene.home / path for path in named if (scene.home / path).is_file()]
    now = scene.clock.now()
    return () if step is None else tuple(evidence_of(scene.home, path, from_iso(step.ts), now) for path in there)
