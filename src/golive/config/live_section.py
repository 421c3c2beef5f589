"""`core.yaml: execution`: where live orders may go, how long they wait, where their journal is, who services know."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from .adapter_table import KNOWN_ADAPTERS
from .key import NAME, Key
from .mtls_section import Mtls

_NAMES: Final = "letters and digits, joined by single '_' or '-'"
_EXPORT: Final = r"metrics/([A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*\.prom"
"""a folder of its own, and a name that no log, journal or configuration has: the file is replaced again and again"""
_EXPORT_FORM: Final = "a file in the folder metrics whose name ends in .prom, such as metrics/live_router.prom"
DEGRADE_POLICIES: Final = ("off", "alert", "auto")
LEAST_SWITCH_SECONDS: Final = 10
"""the shortest time that the dead-man's switch of every venue takes; 120 is the longest (OKX takes 10 to 120)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveRoute:
    name: Annotated[str, Key("Name of the route in metrics and logs.", pattern=NAME, form=_NAMES)]
    adapters: Annotated[
        tuple[str, ...],
        Key("The venues it serves; an order falls back to those after its own.", choices=tuple(KNOWN_ADAPTERS), at_least=1),
    ]
    symbols: Annotated[
        tuple[str, ...],
        Key("Symbols it takes; none = any.", pattern=r"[A-Z0-9]+/[A-Z0-9]+", form="a symbol such as BTC/USDT"),
    ] = ()
    risk_profiles: Annotated[tuple[str, ...], Key("Risk profiles it takes; none = any.", pattern=NAME, form=_NAMES)] = ()
    attempt_budget_ms: Annotated[
        int, Key("What one attempt may take, from leaving to the venue's answer.", unit="milliseconds", minimum=1, maximum=60_000)
    ] = 3000
    allow_fallback: Annotated[
        bool,
        Key(
            "Whether an order that surely never left, or that its venue rejected for a reason of its own, goes to the next venue."
        ),
    ] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveRouterMetrics:
    latency_alert_threshold_ms: Annotated[
        int, Key("Execution latency from which an order is too slow.", unit="milliseconds", minimum=1, maximum=60_000)
    ] = 350
    fallback_alert_threshold: Annotated[
        int, Key("Fallbacks in 15 minutes from which an alert is raised.", unit="orders", minimum=1, maximum=1000)
    ] = 3
    export_path: Annotated[
        str, Key("File the live series are written to, relative to home.", pattern=_EXPORT, form=_EXPORT_FORM)
    ] = "metrics/live_router.prom"


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveRouter:
    routes: Annotated[tuple[LiveRoute, ...], Key("Where orders may go; the first that takes an order wins.")] = ()
    max_queue_size: Annotated[int, Key("Orders that may wait for one venue.", unit="orders", minimum=1, maximum=1_000_000)] = 1024
    max_queue_wait_seconds: Annotated[
        Decimal, Key("An order that waits longer for its venue is not sent.", unit="seconds", above=0, maximum=3600)
    ] = Decimal(5)
    degrade: Annotated[
        str,
        Key(
            "What an account in trouble leads to: nothing, an alert, or an end of live trading, and paper after it.",
            choices=DEGRADE_POLICIES,
        ),
    ] = "alert"
    degrade_after_seconds: Annotated[
        Decimal, Key("How long an account may be unreachable before that.", unit="seconds", minimum=0, maximum=86_400)
    ] = Decimal(30)
    dead_man_switch_seconds: Annotated[
        int,
        Key("The venue cancels everything when it has not heard of us for this long; 0 = off, else at least 10.", unit="seconds",
            minimum=0, maximum=120),
    ] = 60  # fmt: skip
    metrics: Annotated[LiveRouterMetrics, Key("When live execution raises alerts, and where its series are written.")] = field(
        default_factory=LiveRouterMetrics
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderJournalSection:
    url: Annotated[
        str | None,
        Key(
            "PostgreSQL database of the order journals, without a password. Default: SQLite under var/state/orders.",
            pattern=r"(?!.*[?&](ssl)?password=)postgresql://[^\s:@/?#]*(@[^\s:@/?#]*(:[0-9]{1,5})?)?(/[^\s?#@]*)?(\?[^\s#@]*)?",
            form="postgresql://user@host:port/database without a password",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreExecution:
    """How live orders leave."""

    mtls: Annotated[Mtls, Key("Certificates of servers and clients.")] = field(default_factory=Mtls)
    live_router: Annotated[LiveRouter, Key("The live router.")] = field(default_factory=LiveRouter)
    order_journal: Annotated[OrderJournalSection, Key("Where order journals are kept.")] = field(
        default_factory=OrderJournalSection
    )
