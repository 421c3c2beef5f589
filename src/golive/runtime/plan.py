"""What a run will be, before anything is started: configuration, options and strategy joined and checked.

Everything wrong here is a ConfigError (exit 2): nothing was started, nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from golive.config.configuration import Configuration
from golive.config.digest import trading_digest
from golive.config.endpoint import EMBEDDED, is_loopback_host
from golive.config.resolved import ResolvedEntrypoint
from golive.engine.canary import Canary
from golive.market.timeframe import built_from_trades, timeframe_ns
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.verdict import EvidenceClass, Stage
from golive.risk import RiskProfile
from golive.storage.auto_trade_record import read_switch
from golive.strategy import Strategy, resolve_parameters

from .allocation import configured_strategy
from .code_version import code_version
from .options import Mode, RunOptions
from .risk_limits import risk_profile_of
from .start_balance import start_balances

MAX_SPEED = "max"
LEAST_OBSERVATION: Final = Decimal(60)
"""minutes, in production"""
MOST_OF_LIMITS: Final = Decimal("0.01")
"""share, in production"""
READ_ONLY_OPTION = "read_only_option"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A checked run. `endpoint` is what the session really uses: always `embedded` in demo."""

    options: RunOptions
    config: Configuration
    config_path: Path
    home: Path
    entrypoint: ResolvedEntrypoint
    others: tuple[ResolvedEntrypoint, ...]
    """the paper entrypoints that are probed beside the selected one; none with `--scope selected`"""
    mode: Mode
    stage: Stage
    endpoint: str
    evidence_class: EvidenceClass
    instruments: tuple[InstrumentId, ...]
    timeframe: str
    speed: str
    strategy: Strategy
    parameters: Mapping[str, float]
    risk_profile: RiskProfile
    trading_digest: str
    held: Mapping[str, Decimal] | None = None
    """what the account at the venue holds, where a dry run may ask it"""
    read_only: str | None
    """why the run may order nothing, and constructs nothing that could; None when it may"""

    @property
    def confirmed_by(self) -> str | None:
        """What stands for a person's confirmation at the start, None when a person is to give it.

        In demo and paper the run command does, unless `--manual-confirm`; elsewhere `trusted_auto_confirm`.
        """
        if self.options.manual_confirm:
            return None
        if self.stage in (Stage.DEMO, Stage.PAPER):
            return "session_command"
        return "auto_confirmed" if self.entrypoint.trusted_auto_confirm else None

    @property
    def is_live_dry_run(self) -> bool:
        """Whether a live or testnet environment is only looked at: no gate is needed, and the checklist gives the verdict."""
        return self.mode == "live" and self.options.read_only

    @property
    def observation_minutes(self) -> Decimal:
        """How long a live session begins under canary limits."""
        minutes = self.config.core.readiness.observation_minutes
        return max(minutes, LEAST_OBSERVATION) if self.stage is Stage.LIVE else minutes

    @property
    def canary(self) -> Canary | None:
        """What limits a live session until it was observed for so long; None where nothing really leaves."""
        if self.mode != "live" or self.read_only is not None:
            return None
        share = self.config.core.readiness.canary_limits_pct
        if self.stage is Stage.LIVE:
            share = min(share, MOST_OF_LIMITS)
        return Canary.of(self.risk_profile, share, self.instruments)

    @property
    def paper_entrypoint(self) -> str:
        """The entrypoint of paper of the same exchange, `ENTRYPOINT` where there is not one alone."""
        found = [each.name for each in self.config.paper_entrypoints() if each.exchange == self.entrypoint.exchange]
        return found[0] if len(found) == 1 else "ENTRYPOINT"

    @property
    def opens_a_stage(self) -> bool:
        """Whether a success may open a further stage: only when every paper entrypoint was monitored."""
        return self.options.scope == "all"

    @property
    def lock_step(self) -> bool:
        return self.speed == MAX_SPEED

    @property
    def sandbox(self) -> bool:
        """The effective sandbox mode; a demo on the embedded venue has none unless the environment is embedded itself."""
        return self.entrypoint.sandbox_mode and self.endpoint == self.entrypoint.endpoint

    @property
    def timeframe_ns(self) -> int:
        return timeframe_ns(self.timeframe)

    @property
    def start_balances(self) -> Mapping[str, Decimal]:
        """What the account starts with, by asset."""
        return start_balances(self.entrypoint) if self.held is None else self.held


def plan_run(options: RunOptions, config: Configuration, config_path: Path, home: Path) -> Plan:
    """Return the plan; ConfigError naming the option or key that does not fit."""
    chosen = config.resolve(options.entrypoint or config.runtime.trading.default_entrypoint)
    if options.mode != "live" and chosen.environment_type != "paper":
        raise ConfigError(
            f"--mode {options.mode} needs an entrypoint of a paper environment; {chosen.name} is {chosen.environment_type}"
        )
    if options.credentials is not None and options.mode != "live":  # live without --read-only is refused for what it lacks
        raise ConfigError("--credentials is for --mode live: in demo and paper the embedded venue makes its own keys")
    endpoint = EMBEDDED if options.mode == "demo" else chosen.endpoint
    speed = _speed(options, endpoint)
    if options.mode == "live" and not options.read_only and speed != "1":
        raise ConfigError(f"--speed {speed}: orders that really leave follow the market's own pace; leave it out")
    timeframe = options.timeframe or chosen.timeframe
    length = timeframe_ns(timeframe)
    _check_data(options, endpoint)
    found = configured_strategy(config, chosen.strategy, timeframe, home)
    strategy = found.strategy
    own = getattr(strategy, "timeframe", timeframe)
    if timeframe_ns(own) != length:
        raise ConfigError(f"strategy {strategy.name} is for candles of {own}, not of {timeframe}; set its timeframe in core.yaml")
    given: dict[str, object] = dict(chosen.parameters)
    if "bars_per_year" in strategy.parameters and "bars_per_year" not in given:
        given["bars_per_year"] = 31_536_000 * 10**9 // length
    effective = replace(chosen, timeframe=timeframe, instruments=_instruments(options.symbol, chosen))
    return Plan(
        options=options,
        config=config,
        config_path=config_path,
        home=home,
        entrypoint=effective,
        others=_others(options, config, chosen),
        mode=options.mode,
        stage=_stage(options, config, chosen),
        endpoint=endpoint,
        evidence_class=EvidenceClass.EMBEDDED if endpoint == EMBEDDED else EvidenceClass(chosen.evidence_class),
        instruments=effective.instruments,
        timeframe=timeframe,
        speed=speed,
        strategy=strategy,
        parameters=resolve_parameters(strategy.name, strategy.parameters, given),
        risk_profile=risk_profile_of(chosen),
        trading_digest=trading_digest(effective, code_version(), found.source_sha256),
        read_only=_read_only(options, chosen, home),
    )


def _stage(options: RunOptions, config: Configuration, entrypoint: ResolvedEntrypoint) -> Stage:
    """Return the stage; ConfigError for a dry run of what is not live, and for live that does not follow the files alone."""
    if options.mode != "live":
        return Stage(options.mode)
    host = entrypoint.endpoint_host
    is_rehearsal = entrypoint.environment_type == "live" and host is not None and is_loopback_host(host)
    if entrypoint.environment_type == "paper":
        raise ConfigError(
            f"--mode live needs an entrypoint of a live or testnet environment; {entrypoint.name} is paper: give --mode paper"
            f"{' --read-only' if options.read_only else ''}"
        )
    if entrypoint.environment_type == "testnet":
        return Stage.TESTNET
    if config.overrides:
        variables = ", ".join(each.variable for each in config.overrides)
        raise ConfigError(f"live and its rehearsal follow the files alone, a dry run of them too; unset {variables}")
    return Stage.REHEARSAL if is_rehearsal else Stage.LIVE


def _others(options: RunOptions, config: Configuration, chosen: ResolvedEntrypoint) -> tuple[ResolvedEntrypoint, ...]:
    if options.scope == "selected":
        return ()
    return tuple(each for each in config.paper_entrypoints() if each.name != chosen.name)


def _read_only(options: RunOptions, entrypoint: ResolvedEntrypoint, home: Path) -> str | None:
    if options.read_only:
        return READ_ONLY_OPTION
    switch = read_switch(home, entrypoint.name, entrypoint.enable_auto_trade)
    return None if switch.enabled else switch.cause


def _speed(options: RunOptions, endpoint: str) -> str:
    speed = options.speed or (MAX_SPEED if endpoint == EMBEDDED else "1")
    if speed == MAX_SPEED:
        if endpoint in ("sandbox", "public", "production"):
            raise ConfigError(f"--speed max is lock-step with a simulated venue; endpoint {endpoint} runs at speed 1")
        return speed
    if not re.fullmatch(r"[1-9]\d{0,3}", speed):
        raise ConfigError(f"--speed {speed}: give max, 1, or a whole factor up to 9999")
    if speed != "1" and endpoint != EMBEDDED:
        raise ConfigError(f"--speed {speed} needs the embedded venue; endpoint {endpoint} runs at speed 1")
    return speed


def _check_data(options: RunOptions, endpoint: str) -> None:
    if not 0 <= options.seed < 1 << 63:
        raise ConfigError(f"--seed {options.seed}: give a number from 0 to {(1 << 63) - 1}")
    if options.candles is not None and options.candles < 1:
        raise ConfigError("--candles must be at least 1")
    if options.data is None:
        return
    if endpoint != EMBEDDED:
        raise ConfigError(f"--data is played by the embedded venue; endpoint {endpoint} brings its own market")
    if not options.data.is_file():
        raise ConfigError(f"--data {options.data}: not a file")


def _instruments(symbol: str | None, entrypoint: ResolvedEntrypoint) -> tuple[InstrumentId, ...]:
    if symbol is None:
        return entrypoint.instruments
    chosen = tuple(i for i in entrypoint.instruments if i.symbol == symbol)
    if not chosen:
        known = ", ".join(i.symbol for i in entrypoint.instruments)
        raise ConfigError(f"--symbol {symbol} is not in the instrument universe of {entrypoint.environment}; known: {known}")
    return chosen


def needs_trades(plan: Plan) -> bool:
    """Say whether bars are built here from trades."""
    return built_from_trades(plan.timeframe)
