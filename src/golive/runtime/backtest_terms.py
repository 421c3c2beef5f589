"""The terms of a backtest from its options, and from the entrypoint's configuration where they are not given.

Whatever cannot be read is a ConfigError that names the option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from golive.backtest.spec import OPEN_PROFILE
from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.matching.bar import DEFAULT_PARTICIPATION, DEFAULT_SLIPPAGE
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.errors import ConfigError, MagnitudeError
from golive.model.money import parse_decimal, parse_money, steps_exact
from golive.risk import RiskProfile
from golive.strategy import Strategy, resolve_parameters
from golive.venues.registry import profile_named

from .risk_limits import risk_profile
from .start_balance import start_balances

NO_PROFILE: Final = "none"
_FINEST: Final = Decimal("0.000001")
"""of a millisecond: a nanosecond"""


def given_parameters(texts: Sequence[str]) -> dict[str, object]:
    """Read `name=value` texts."""
    given: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--param {text}: give name=value")
        given[name.strip()] = value.strip()
    return given


def parameters(strategy: Strategy, given: Mapping[str, object], length: int) -> dict[str, float]:
    """Return every parameter of the strategy, `length` being that of a bar in ns."""
    values = dict(given)
    if "bars_per_year" in strategy.parameters and "bars_per_year" not in values:
        values["bars_per_year"] = 31_536_000 * 10**9 // length
    return resolve_parameters(strategy.name, strategy.parameters, values)


def profile(config: Configuration, entry: ResolvedEntrypoint, name: str | None) -> RiskProfile:
    """Return the named limits, the entrypoint's, or none."""
    if name == NO_PROFILE:
        return OPEN_PROFILE
    chosen = name or entry.risk_profile
    profiles = config.core.risk_profiles
    if chosen not in profiles:
        raise ConfigError(f"--risk-profile {chosen}: core.yaml has {', '.join(profiles)}; {NO_PROFILE} takes all limits away")
    return risk_profile(chosen, profiles[chosen])


def fees(entry: ResolvedEntrypoint, text: str | None) -> FeeSchedule:
    """Return rates and the asset they are charged in: `maker,taker[,received|quote]`, else as the entrypoint's venue does."""
    asset = profile_named(entry.adapter).fee_asset
    if text is None:
        own = None if entry.paper is None else entry.paper.fees
        if own is None:
            raise ConfigError(f"--fees: entrypoint {entry.name} has no paper profile to take fees from; give maker,taker in bps")
        return FeeSchedule(Decimal(own.maker_bps), Decimal(own.taker_bps), asset)
    rates = text.split(",")
    if len(rates) == 3 and rates[2].strip() in {each.value for each in FeeAsset}:
        asset = FeeAsset(rates.pop().strip())
    if len(rates) != 2:
        raise ConfigError(f"--fees {text}: give maker,taker[,quote|received], in basis points, like 8,10 or 8,10,quote")
    maker, taker = (_number(rate, "--fees", may_be_negative=True) for rate in rates)
    try:
        return FeeSchedule(maker, taker, asset)
    except MagnitudeError as exc:
        raise ConfigError(f"--fees {text}: {exc}") from exc


def balances(entry: ResolvedEntrypoint, text: str | None, quote: str) -> Mapping[str, Decimal]:
    """Return what the account begins with; it must hold the quote asset."""
    if text is not None:
        try:
            return {quote: parse_money(text, "--balance")}
        except MagnitudeError as exc:
            raise ConfigError(str(exc)) from exc
    balances = start_balances(entry)
    if quote not in balances:
        known = ", ".join(f"{amount:f} {asset}" for asset, amount in balances.items()) or "nothing"
        raise ConfigError(
            f"--balance: entrypoint {entry.name} starts with {known}, which buys nothing priced in {quote}; give it"
        )
    return balances


def latency(text: str | None) -> int:
    """Return the time each message takes, ns."""
    if text is None:
        return 0
    try:
        return steps_exact(_number(text, "--latency-ms"), _FINEST, "--latency-ms")
    except MagnitudeError as exc:
        raise ConfigError(str(exc)) from exc


def slippage(text: str | None) -> Decimal:
    """Return the slippage in basis points; that of sessions when None."""
    return DEFAULT_SLIPPAGE.bps if text is None else _number(text, "--slippage-bps")


def participation(text: str | None) -> tuple[int, int]:
    """Return the share of a bar's volume as a fraction, from `1/10` or `0.1`; that of sessions when None."""
    if text is None:
        return DEFAULT_PARTICIPATION
    share, slash, whole = text.partition("/")
    if not slash:
        return _number(share, "--participation").as_integer_ratio()
    if not (share.isdigit() and whole.isdigit() and int(whole)):
        raise ConfigError(f"--participation {text}: give a share of a bar's volume, 1/10 or 0.1")
    return int(share), int(whole)


def _number(text: str, option: str, *, may_be_negative: bool = False) -> Decimal:
    try:
        value = parse_decimal(text.strip(), option)
    except MagnitudeError as exc:
        raise ConfigError(str(exc)) from exc
    if value < 0 and not may_be_negative:
        raise ConfigError(f"{option} {text}: must not be negative")
    return value
