"""Every key of `config/runtime.yaml`: how this installation runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from .adapter_table import KNOWN_ADAPTERS, KNOWN_LABELS
from .key import NAME, RELATIVE_FORM, RELATIVE_PATH, Key, Number
from .licensing_section import Licensing

_ADAPTERS: Final = tuple(KNOWN_ADAPTERS)
_NAMES: Final = "letters and digits, joined by single '_' or '-'"
GUARDRAILS: Final = ("paper_exchange_metrics", "io_queue")


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreReference:
    path: Annotated[str, Key("Where core.yaml is, relative to this file.", pattern=RELATIVE_PATH, form=RELATIVE_FORM)] = (
        "core.yaml"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrypoint:
    environment: Annotated[str, Key("Name of an environment in core.yaml.", pattern=NAME, form=_NAMES)]
    strategy: Annotated[str, Key("Name of a strategy in core.yaml.", pattern=NAME, form=_NAMES)]
    risk_profile: Annotated[str, Key("Name of a risk profile in core.yaml.", pattern=NAME, form=_NAMES)]
    tags: Annotated[tuple[str, ...], Key("Labels that reports filter by.", pattern=NAME, form=_NAMES, at_least=1)]
    enable_auto_trade: Annotated[
        bool | None,
        Key(
            "Whether signals may become orders, until `golive autotrade on|off` says otherwise. Default: true in a paper "
            "environment, false elsewhere."
        ),
    ] = None
    trusted_auto_confirm: Annotated[
        bool, Key("Whether live trading starts without a person's confirmation. An error in a paper environment.")
    ] = False
    require_demo_mode: Annotated[
        bool, Key("Whether the entrypoint may never run outside demo and paper. An error in any other environment.")
    ] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Trading:
    default_entrypoint: Annotated[str, Key("Entrypoint that `golive run` uses when none is named.", pattern=NAME, form=_NAMES)]
    entrypoints: Annotated[Mapping[str, Entrypoint], Key("What can be run, by name.", names=NAME, names_form=_NAMES, at_least=1)]
    enable_live_mode: Annotated[
        bool, Key("Whether production may be started at all; it still opens through its gate alone. A rehearsal does not ask.")
    ] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Fees:
    maker_bps: Annotated[Decimal, Key("Fee of an order that rested.", unit="basis points", minimum=0, maximum=1000)]
    taker_bps: Annotated[Decimal, Key("Fee of an order that took liquidity.", unit="basis points", minimum=0, maximum=1000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    rate_limit_max: Annotated[Number, Key("Most refusals by the venue's rate limit in one window.", unit="events", minimum=0)]
    network_errors_max: Annotated[Number, Key("Most errors of any severity in one window.", unit="events", minimum=0)]
    health_min: Annotated[Number, Key("Lowest health in one window; 1 is healthy.", minimum=0)]


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricNames:
    thresholds: Annotated[Thresholds, Key("Limits a window is judged by; all three are needed.")]
    rate_limit: Annotated[str, Key("Counter judged by rate_limit_max.", choices=("bot_exchange_rate_limited_total",))] = (
        "bot_exchange_rate_limited_total"
    )
    network_errors: Annotated[str, Key("Counter judged by network_errors_max.", choices=("bot_exchange_errors_total",))] = (
        "bot_exchange_errors_total"
    )
    health: Annotated[str, Key("Gauge judged by health_min.", choices=("bot_exchange_health_status",))] = (
        "bot_exchange_health_status"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperProfile:
    entrypoint: Annotated[str, Key("The entrypoint this profile belongs to.", pattern=NAME, form=_NAMES)]
    environment: Annotated[str, Key("Its environment; equals the entrypoint's.", pattern=NAME, form=_NAMES)]
    exchange: Annotated[str, Key("Label of the venue in metrics and reports.", choices=KNOWN_LABELS)]
    adapter: Annotated[str, Key("Adapter; equals the environment's.", choices=_ADAPTERS)]
    io_queue: Annotated[str, Key("Which limits of io_queue.exchanges apply.", choices=_ADAPTERS)]
    start_balances: Annotated[
        Mapping[str, Decimal],
        Key(
            "What the paper account holds at the start.",
            unit="of the asset",
            minimum=0,
            names=r"[A-Z0-9]{1,20}",
            names_form="an asset in capital letters and digits",
            example="USDT",
            at_least=1,
        ),
    ]
    metrics: Annotated[MetricNames, Key("Which metrics judge the entrypoint, and the limits.")]
    fees: Annotated[Fees | None, Key("Fees of paper fills. Default: the venue's published rates of the lowest tier.")] = None
    latency_ms: Annotated[
        Decimal | None,
        Key(
            "How long a paper order takes to the venue, and its news back. Default: 50 where books are traded, 0 where bars are.",
            unit="milliseconds each way",
            minimum=0,
            maximum=60_000,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TradingProfile:
    entrypoint: Annotated[str, Key("The entrypoint this profile belongs to.", pattern=NAME, form=_NAMES)]
    adapter: Annotated[str, Key("Adapter; equals the environment's.", choices=_ADAPTERS)]
    io_queue: Annotated[str, Key("Which limits of io_queue.exchanges apply.", choices=_ADAPTERS)]
    tags: Annotated[tuple[str, ...], Key("Equal to the entrypoint's tags.", pattern=NAME, form=_NAMES, at_least=1)]
    guardrails: Annotated[tuple[str, ...], Key("Which evaluations judge the entrypoint.", choices=GUARDRAILS, at_least=1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    paper_profiles: Annotated[Mapping[str, PaperProfile], Key("One per paper entrypoint.", names=NAME, names_form=_NAMES)]
    trading_profiles: Annotated[Mapping[str, TradingProfile], Key("One per paper entrypoint.", names=NAME, names_form=_NAMES)]
    reference_window_seconds: Annotated[
        int, Key("Length of the window that thresholds judge.", unit="seconds", minimum=1, maximum=86_400)
    ] = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLimits:
    max_concurrency: Annotated[int, Key("Calls to the venue running at once.", unit="calls", minimum=1, maximum=1000)]
    burst: Annotated[int, Key("Calls admitted at once, running plus waiting.", unit="calls", minimum=1, maximum=10_000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class IoQueue:
    max_concurrency: Annotated[
        int, Key("Calls running at once, for an adapter without an entry.", unit="calls", minimum=1, maximum=1000)
    ]
    burst: Annotated[
        int, Key("Calls admitted at once, for an adapter without an entry.", unit="calls", minimum=1, maximum=10_000)
    ]
    rate_limit_warning_seconds: Annotated[
        Decimal, Key("A call that waits this long in our own queue is logged.", unit="seconds", above=0, maximum=3600)
    ]
    timeout_warning_seconds: Annotated[
        Decimal, Key("A time-out that lasted this long is logged as an error.", unit="seconds", above=0, maximum=3600)
    ]
    log_directory: Annotated[
        str, Key("Where guardrail events are written, relative to home.", pattern=RELATIVE_PATH, form=RELATIVE_FORM)
    ]
    exchanges: Annotated[
        Mapping[str, QueueLimits],
        Key("Limits per adapter.", names="|".join(_ADAPTERS), names_form="an adapter", example="okx_spot"),
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionLog:
    path: Annotated[
        str, Key("Where risk decisions are written, relative to home.", pattern=RELATIVE_PATH, form=RELATIVE_FORM)
    ] = "logs/risk_decisions.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    decision_log: Annotated[DecisionLog, Key("The log of every risk decision.")] = field(default_factory=DecisionLog)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prometheus:
    enabled: Annotated[bool, Key("Whether metrics are served over HTTP.")]
    host: Annotated[str, Key("Address to listen on.", pattern=r"[0-9A-Za-z.:-]{1,253}", form="an IP address or host name")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Key("Port to listen on; 0 takes a free one.", minimum=0, maximum=65_535)] = 9177
    path: Annotated[str, Key("Path of the metrics page.", pattern=r"/[0-9A-Za-z_./-]*", form="a path that starts with '/'")] = (
        "/metrics"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    probe_interval_seconds: Annotated[Decimal, Key("How often each venue is probed.", unit="seconds", above=0, maximum=3600)]
    stale_after_seconds: Annotated[
        Decimal, Key("Age at which the last probe no longer counts.", unit="seconds", above=0, maximum=86_400)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Observability:
    prometheus: Annotated[Prometheus, Key("The metrics page.")]
    health: Annotated[Health, Key("Health probes of the venues.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeFile:
    """How this installation runs: entrypoints, execution profiles, I/O limits, licence, observability."""

    trading: Annotated[Trading, Key("What can be run.")]
    execution: Annotated[Execution, Key("How each entrypoint trades and is judged.")]
    io_queue: Annotated[IoQueue, Key("Limits on calls to the venues.")]
    observability: Annotated[Observability, Key("Metrics and health.")]
    core: Annotated[CoreReference, Key("The second file.")] = field(default_factory=CoreReference)
    risk: Annotated[Risk, Key("Risk logs.")] = field(default_factory=Risk)
    licensing: Annotated[Licensing, Key("The licence that running takes.")] = field(default_factory=Licensing)
