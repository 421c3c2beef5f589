"""What a start of live leaves in the decision log of live orders: its routes, and that the daemon runs.

A start that only looks (`--read-only`) leaves the same: what a gate asks for must be there before it opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from golive.config.mtls_section import Mtls
from golive.execution.live.route import first_match
from golive.model.clock import MILLISECOND, Clock
from golive.model.json import JsonObject
from golive.model.verdict import Verdict
from golive.security.bundle_check import AUTHORITY, certificates_of
from golive.security.certificate_maker import LeafRole
from golive.storage.decision_step import record_step
from golive.storage.journal_file import Signer

from ..facts import SessionFacts
from ..mtls.place import BundlePlace
from ..plan import Plan
from ..routes import routes_of

ROUTER_CONFIGURED: Final = "router_configured"
DAEMON_START: Final = "daemon_start"


def record_start(plan: Plan, facts: SessionFacts, signer: Signer, clock: Clock) -> None:
    """Append both steps; durable on return. Raises JournalError.

    Routes are `blocked` when an instrument has none; the step names the file that has them, so that it counts as long as that
    stands as it is.
    """
    missing = sorted(_without_route(plan))
    if missing:
        facts.warn(f"no route takes {', '.join(missing)}: core.yaml: execution.live_router.routes")
    common: JsonObject = {"entrypoint": plan.entrypoint.name, "run_id": facts.run_id}
    files = [plan.config_path.parent / plan.config.runtime.core.path]
    began = clock.monotonic()
    record_step(
        plan.home, signer, ROUTER_CONFIGURED, Verdict.BLOCKED if missing else Verdict.OK, 0, files,
        facts={**common, "routes": [route.name for route in routes_of(plan.config, plan.entrypoint)], "without": [*missing]},
    )  # fmt: skip
    started_ms = (began - facts.began) // MILLISECOND
    mode = "read_only" if facts.live is None else "trading"
    record_step(plan.home, signer, DAEMON_START, Verdict.OK, started_ms, [], facts={**common, "mode": mode})


def _without_route(plan: Plan) -> Iterator[str]:
    routes = routes_of(plan.config, plan.entrypoint)
    for instrument in plan.instruments:
        if first_match(routes, plan.entrypoint.adapter, instrument.symbol, plan.risk_profile.name) is None:
            yield str(instrument)


def bundle_stands(home: Path, section: Mtls, now: int) -> bool:
    """Say whether the certificates of authority, server and client are there and hold at `now`, ns UTC."""
    held = certificates_of(BundlePlace.of(home, section).files())
    return {AUTHORITY, *LeafRole} <= held.keys() and all(each.not_after > now for each in held.values())
