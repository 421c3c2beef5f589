"""Every key of `config/core.yaml`: the trading domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from golive.model.trading_window import FORM, PATTERN

from .adapter_table import KNOWN_ADAPTERS
from .alert_section import AlertAudit, Alerts, AlertThrottle
from .compliance_section import RuntimeEntrypoint
from .key import NAME, RELATIVE_FORM, RELATIVE_PATH, Key, ParameterValue
from .live_section import CoreExecution
from .portfolio_section import Portfolio
from .resilience_section import Resilience
from .risk_section import RiskProfile
from .slo_section import CoreObservability

_NAMES: Final = "letters and digits, joined by single '_' or '-'"
_PARAMETER: Final = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
_PARAMETER_FORM: Final = "lower-case letters and digits, joined by single '_'"
INSTRUMENT: Final = r"[a-z0-9]+:[A-Z0-9]+/[A-Z0-9]+"
ADDRESS: Final = r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?"
PERMISSIONS: Final = ("read", "trade", "withdraw")
TIMEFRAMES: Final = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")
ENVIRONMENT_TYPES: Final = ("paper", "testnet", "live")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterSettingsSection:
    sandbox_mode: Annotated[
        bool | str,
        Key("Whether orders and data belong to the venue's sandbox; auto follows the endpoint.", choices=("auto", True, False)),
    ] = "auto"
    signing: Annotated[
        str,
        Key("Who signs and sends requests: CCXT and aiohttp, or our own shorter path.", choices=("ccxt", "direct")),
    ] = "ccxt"


@dataclass(frozen=True, kw_only=True, slots=True)
class DataQuality:
    max_gap_minutes: Annotated[
        int, Key("Longest gap in the candles of a traded instrument.", unit="minutes", minimum=0, maximum=10_000_000)
    ] = 240
    min_ok_ratio: Annotated[
        Decimal, Key("Least share of the expected candles that must be there and sound.", unit="fraction", minimum=0, maximum=1)
    ] = Decimal("0.95")


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    exchange: Annotated[str, Key("The venue's adapter.", choices=tuple(KNOWN_ADAPTERS))]
    environment: Annotated[str, Key("Type of the environment.", choices=ENVIRONMENT_TYPES)]
    keychain_key: Annotated[str, Key("Name under which the secret store holds the venue's key.", pattern=NAME, form=_NAMES)]
    permission_profile: Annotated[str, Key("Name of a permission profile.", pattern=NAME, form=_NAMES)]
    instrument_universe: Annotated[str, Key("Name of an instrument universe.", pattern=NAME, form=_NAMES)]
    endpoint: Annotated[
        str, Key("Where the venue is: embedded (our simulated venue), sandbox, public, production or a base URL.")
    ] = "embedded"
    adapter_settings: Annotated[AdapterSettingsSection, Key("Settings of the adapter.")] = field(
        default_factory=AdapterSettingsSection
    )
    data_cache_path: Annotated[
        str | None,
        Key(
            "Where candles are kept, relative to home. Default: var/data/<environment>.",
            pattern=RELATIVE_PATH,
            form=RELATIVE_FORM,
        ),
    ] = None
    ip_allowlist: Annotated[
        tuple[str, ...],
        Key(
            "Addresses and networks that its key is bound to at the venue; live needs at least one.",
            pattern=ADDRESS,
            form="an IP address or a network such as 203.0.113.0/28",
        ),
    ] = ()
    alert_channels: Annotated[
        tuple[str, ...], Key("Channels that its alerts go to; none = nobody is told.", pattern=NAME, form=_NAMES)
    ] = ()
    alert_throttle: Annotated[AlertThrottle, Key("When the same alert is not told again.")] = field(default_factory=AlertThrottle)
    alert_audit: Annotated[AlertAudit, Key("Where it is written down what became of each alert.")] = field(
        default_factory=AlertAudit
    )
    data_quality: Annotated[DataQuality, Key("What stored candles must be before they count as complete.")] = field(
        default_factory=DataQuality
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PermissionProfile:
    required_permissions: Annotated[tuple[str, ...], Key("What the key must be allowed to do.", choices=PERMISSIONS, at_least=1)]
    forbidden_permissions: Annotated[tuple[str, ...], Key("What the key must not be allowed to do.", choices=PERMISSIONS)]


@dataclass(frozen=True, kw_only=True, slots=True)
class InstrumentUniverse:
    instruments: Annotated[
        tuple[str, ...],
        Key(
            "Instruments as venue:BASE/QUOTE.",
            pattern=INSTRUMENT,
            form="an instrument such as okx:BTC/USDT",
            at_least=1,
        ),
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class AllocationMember:
    strategy: Annotated[str, Key("Name of a strategy that is no allocation itself.", pattern=NAME, form=_NAMES)]
    capital_pct: Annotated[Decimal, Key("Its share of the whole's target.", above=0, maximum=1)]
    parameters: Annotated[
        Mapping[str, ParameterValue],
        Key("Its parameters by name; those of orders belong to the whole.", names=_PARAMETER, names_form=_PARAMETER_FORM),
    ] = field(default_factory=dict)
    instruments: Annotated[
        tuple[str, ...],
        Key("Instruments in which it takes part; none = all.", pattern=INSTRUMENT, form="an instrument such as okx:BTC/USDT"),
    ] = ()
    schedule: Annotated[
        tuple[str, ...],
        Key("Times of the week, UTC, in which it may raise what it wants; none = always.", pattern=PATTERN, form=FORM),
    ] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Strategy:
    timeframe: Annotated[str, Key("Length of the candles the strategy decides on.", choices=TIMEFRAMES)]
    parameters: Annotated[
        Mapping[str, ParameterValue],
        Key(
            "Parameters by name; those not given have the strategy's default.",
            names=_PARAMETER,
            names_form=_PARAMETER_FORM,
        ),
    ] = field(default_factory=dict)
    allocation: Annotated[
        tuple[AllocationMember, ...],
        Key("Strategies that trade together under this name, each with its share of the capital; none = the strategy itself."),
    ] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    demo_max_age_days: Annotated[
        int, Key("A demo stage record older than this does not open paper.", unit="days", minimum=1, maximum=365)
    ] = 7
    evidence_max_age_hours: Annotated[
        int,
        Key(
            "Evidence of a check that is older than this counts no longer; production never takes more than 24.",
            unit="hours",
            minimum=1,
            maximum=168,
        ),
    ] = 24
    paper_days: Annotated[
        Decimal,
        Key("Paper at speed 1 with the same trading digest before live; in production at least 7.", unit="days", minimum=0,
            maximum=365),
    ] = Decimal(7)  # fmt: skip
    paper_max_age_days: Annotated[
        int, Key("Live does not open when the newest paper session ended longer ago.", unit="days", minimum=1, maximum=365)
    ] = 14
    min_ok_window_ratio: Annotated[
        Decimal, Key("Least share of that paper that passed.", unit="fraction of its time", minimum=0, maximum=1)
    ] = Decimal("0.98")
    observation_minutes: Annotated[
        Decimal,
        Key("How long a live session begins under canary limits; in production at least 60.", unit="minutes", minimum=0,
            maximum=1440),
    ] = Decimal(60)  # fmt: skip
    canary_limits_pct: Annotated[
        Decimal,
        Key("Share of the limits, and of what a strategy wants, until then; in production at most 0.01.", unit="fraction",
            minimum=0, maximum=1),
    ] = Decimal("0.01")  # fmt: skip
    gate_ttl_minutes: Annotated[
        int, Key("How long a gate stands since it was last looked at.", unit="minutes", minimum=1, maximum=15)
    ] = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreFile:
    """The trading domain: environments, permissions, instruments, strategies, risk, live orders, alerts, readiness periods."""

    environments: Annotated[
        Mapping[str, Environment], Key("Venues and accounts, by name.", names=NAME, names_form=_NAMES, at_least=1)
    ]
    permission_profiles: Annotated[
        Mapping[str, PermissionProfile], Key("What a venue key may do.", names=NAME, names_form=_NAMES, at_least=1)
    ]
    instrument_universes: Annotated[
        Mapping[str, InstrumentUniverse], Key("What is traded.", names=NAME, names_form=_NAMES, at_least=1)
    ]
    strategies: Annotated[
        Mapping[str, Strategy], Key("Strategies and their parameters.", names=NAME, names_form=_NAMES, at_least=1)
    ]
    risk_profiles: Annotated[
        Mapping[str, RiskProfile], Key("Limits the risk engine enforces.", names=NAME, names_form=_NAMES, at_least=1)
    ]
    runtime_entrypoints: Annotated[
        Mapping[str, RuntimeEntrypoint],
        Key("What has to be signed before entrypoints are live, by entrypoint.", names=NAME, names_form=_NAMES),
    ] = field(default_factory=dict)
    execution: Annotated[CoreExecution, Key("How live orders leave.")] = field(default_factory=CoreExecution)
    alerts: Annotated[Alerts, Key("Who is told when something happens.")] = field(default_factory=Alerts)
    observability: Annotated[CoreObservability, Key("What is promised about the service.")] = field(
        default_factory=CoreObservability
    )
    portfolio: Annotated[Portfolio, Key("What a portfolio is meant to hold.")] = field(default_factory=Portfolio)
    resilience: Annotated[Resilience, Key("What a resilience drill is judged by.")] = field(default_factory=Resilience)
    readiness: Annotated[Readiness, Key("How long evidence stays valid.")] = field(default_factory=Readiness)
