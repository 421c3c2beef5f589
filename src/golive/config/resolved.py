"""One entrypoint with everything a session needs to know about it, joined from both files; plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from golive.model.ids import InstrumentId
from golive.model.verdict import EvidenceClass

from .adapter_table import KNOWN_ADAPTERS
from .core_file import AllocationMember, CoreFile
from .endpoint import effective_sandbox, parse_endpoint
from .key import Number, ParameterValue
from .risk_section import RiskProfile
from .runtime_file import IoQueue, PaperProfile, Prometheus, QueueLimits, RuntimeFile, TradingProfile

P = TypeVar("P", PaperProfile, TradingProfile)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedIo:
    """Effective limits of the entrypoint's I/O queue."""

    queue: str
    max_concurrency: int
    burst: int
    rate_limit_warning_seconds: float
    timeout_warning_seconds: float
    log_directory: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedEntrypoint:
    """Everything about one entrypoint. Paths are relative to home; `thresholds` stay as they were written."""

    name: str
    tags: tuple[str, ...]
    enable_auto_trade: bool
    trusted_auto_confirm: bool
    require_demo_mode: bool

    environment: str
    environment_type: str
    """paper, testnet or live"""
    exchange: str
    """Label of the venue, `okx`."""
    adapter: str
    """`okx_spot`"""
    endpoint: str
    """As configured: embedded, sandbox, public, production or the base URL."""
    evidence_class: EvidenceClass
    base_url: str | None
    endpoint_host: str | None
    """Host of a base URL; None for a named endpoint, whose host the venue's profile knows."""
    sandbox_mode: bool
    signing: str
    """who signs and sends requests"""
    keychain_key: str
    required_permissions: tuple[str, ...]
    forbidden_permissions: tuple[str, ...]
    instruments: tuple[InstrumentId, ...]
    """Those of the environment's universe that belong to its venue, as ordered in the file."""

    strategy: str
    timeframe: str
    parameters: Mapping[str, ParameterValue]
    allocation: tuple[AllocationMember, ...]
    """the members of a strategy that is several; none = it is one"""
    risk_profile: str
    risk: RiskProfile

    paper_profile: str | None
    paper: PaperProfile | None
    """With fees filled in; None outside paper."""
    trading_profile: str | None
    trading: TradingProfile | None
    thresholds: Mapping[str, Number]
    metric_names: Mapping[str, str]
    guardrails: tuple[str, ...]
    reference_window_seconds: int

    io: ResolvedIo
    probe_interval_seconds: float
    stale_after_seconds: float
    prometheus: Prometheus
    decision_log_path: str
    demo_max_age_days: int


def resolve_entrypoint(runtime: RuntimeFile, core: CoreFile, name: str) -> ResolvedEntrypoint:
    """Join both files for an entrypoint that exists; cross-checks have held before."""
    entrypoint = runtime.trading.entrypoints[name]
    environment = core.environments[entrypoint.environment]
    permissions = core.permission_profiles[environment.permission_profile]
    strategy = core.strategies[entrypoint.strategy]
    endpoint = parse_endpoint(environment.endpoint)
    label = KNOWN_ADAPTERS[environment.exchange].label
    texts = core.instrument_universes[environment.instrument_universe].instruments
    paper_name, paper = _owned(runtime.execution.paper_profiles, name)
    trading_name, trading = _owned(runtime.execution.trading_profiles, name)
    queue = trading.io_queue if trading else environment.exchange
    is_paper = environment.environment == "paper"
    return ResolvedEntrypoint(
        name=name,
        tags=entrypoint.tags,
        enable_auto_trade=is_paper if entrypoint.enable_auto_trade is None else entrypoint.enable_auto_trade,
        trusted_auto_confirm=entrypoint.trusted_auto_confirm,
        require_demo_mode=entrypoint.require_demo_mode,
        environment=entrypoint.environment,
        environment_type=environment.environment,
        exchange=label,
        adapter=environment.exchange,
        endpoint=environment.endpoint,
        evidence_class=endpoint.evidence_class,
        base_url=endpoint.base_url,
        endpoint_host=endpoint.host,
        sandbox_mode=effective_sandbox(environment.adapter_settings.sandbox_mode, endpoint),
        signing=environment.adapter_settings.signing,
        keychain_key=environment.keychain_key,
        required_permissions=permissions.required_permissions,
        forbidden_permissions=permissions.forbidden_permissions,
        instruments=tuple(i for i in map(InstrumentId.parse, texts) if i.venue == label),
        strategy=entrypoint.strategy,
        timeframe=strategy.timeframe,
        parameters=strategy.parameters,
        allocation=strategy.allocation,
        risk_profile=entrypoint.risk_profile,
        risk=core.risk_profiles[entrypoint.risk_profile],
        paper_profile=paper_name,
        paper=paper,
        trading_profile=trading_name,
        trading=trading,
        thresholds=_thresholds(paper),
        metric_names=_metric_names(paper),
        guardrails=trading.guardrails if trading else (),
        reference_window_seconds=runtime.execution.reference_window_seconds,
        io=_io(runtime.io_queue, queue),
        probe_interval_seconds=float(runtime.observability.health.probe_interval_seconds),
        stale_after_seconds=float(runtime.observability.health.stale_after_seconds),
        prometheus=runtime.observability.prometheus,
        decision_log_path=runtime.risk.decision_log.path,
        demo_max_age_days=core.readiness.demo_max_age_days,
    )


def _owned(profiles: Mapping[str, P], entrypoint: str) -> tuple[str | None, P | None]:
    for name, profile in profiles.items():
        if profile.entrypoint == entrypoint:
            return name, profile
    return None, None


def _thresholds(paper: PaperProfile | None) -> Mapping[str, Number]:
    if paper is None:
        return MappingProxyType({})
    limits = paper.metrics.thresholds
    return MappingProxyType(
        {
            "health_min": limits.health_min,
            "network_errors_max": limits.network_errors_max,
            "rate_limit_max": limits.rate_limit_max,
        }
    )


def _metric_names(paper: PaperProfile | None) -> Mapping[str, str]:
    if paper is None:
        return MappingProxyType({})
    names = paper.metrics
    return MappingProxyType({"health": names.health, "network_errors": names.network_errors, "rate_limit": names.rate_limit})


def _io(queue: IoQueue, name: str) -> ResolvedIo:
    limits = queue.exchanges.get(name) or QueueLimits(max_concurrency=queue.max_concurrency, burst=queue.burst)
    return ResolvedIo(
        queue=name,
        max_concurrency=limits.max_concurrency,
        burst=limits.burst,
        rate_limit_warning_seconds=float(queue.rate_limit_warning_seconds),
        timeout_warning_seconds=float(queue.timeout_warning_seconds),
        log_directory=queue.log_directory,
    )
