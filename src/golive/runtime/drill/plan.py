"""The live desk of a drill: the two venues' accounts, a route that falls back, and lags divided by the time scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from golive.execution.live.route import Route
from golive.metrics.recorder import MemoryRecorder
from golive.model.command import Alert
from golive.model.decision import Approved, Refused
from golive.model.json import JsonObject
from golive.model.order import NewOrder
from golive.model.secret import Credentials
from golive.model.verdict import Stage
from golive.storage.keys import SigningKeys
from golive.storage.order_journal import JournalPlace
from golive.venues import AdapterSettings
from golive.venues.registry import profile_named

from ..clock import SystemClock
from ..code_version import code_version
from ..live.plan import AccountPlan, LivePlan, Timing
from .trader import LIMITS
from .venue import SYMBOL

ENTRYPOINT: Final = "resilience_drill"
ACCOUNT: Final = "drill"
SILENCE_S: Final = 20.0
QUEUE_WAIT_S: Final = 5.0


class _Unheard:
    """Guardrail events of a drill belong to nobody's guardrails."""

    def event(
        self, *, level: str, event: str, exchange: str, environment: str, queue: str, message: str, fields: JsonObject
    ) -> None:
        """Take an event; the drill measures by what becomes of orders."""


def drill_plan(
    home: Path,
    accounts: Sequence[tuple[str, str, Credentials]],
    time_scale: int,
    judge: Callable[[NewOrder], Approved | Refused],
    alert: Callable[[Alert], None],
    operator: str,
) -> LivePlan:
    """Return the desk; `accounts` are adapter, base URL and keys, orders are meant for the first and may go on to the next."""
    names = tuple(adapter for adapter, _, _ in accounts)
    return LivePlan(
        home=home,
        stage=Stage.REHEARSAL,
        entrypoint=ENTRYPOINT,
        risk_profile=LIMITS.name,
        risk_profile_digest=LIMITS.digest,
        operator=operator,
        code_version=code_version(),
        keys=SigningKeys.load_or_create(home),
        accounts=tuple(_account(*each, time_scale) for each in accounts),
        routes=(Route(name="drill", adapters=names, allow_fallback=True),),
        judge=judge,
        clock=SystemClock(),
        recorder=MemoryRecorder(),
        guardrails=_Unheard(),
        alert=alert,
        max_queue_wait_seconds=QUEUE_WAIT_S / time_scale,
        dead_man_switch_seconds=0,
        export_path=None,
        timing=Timing(tick_s=0.05).scaled(time_scale),
        verifies_whole_journal=False,
    )


def _account(adapter: str, rest: str, credentials: Credentials, time_scale: int) -> AccountPlan:
    profile = profile_named(adapter)
    settings = AdapterSettings(
        exchange=profile.label,
        environment=_environment(profile.label),
        queue=adapter,
        endpoint=rest,
        credentials=credentials,
        silence_s=SILENCE_S / time_scale,
    )
    return AccountPlan(
        profile=profile.scaled(time_scale),
        settings=settings,
        account=ACCOUNT,
        symbols=(SYMBOL,),
        required_permissions=("read", "trade"),
        forbidden_permissions=("withdraw",),
    )


def journal_of(home: Path, adapter: str) -> JournalPlace:
    """Return where the order journal of an account is."""
    label = profile_named(adapter).label
    return JournalPlace(home, label, adapter, ACCOUNT, _environment(label), None)


def _environment(label: str) -> str:
    return f"{label}_drill"
