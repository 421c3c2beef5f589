"""Steps that look at the configuration: what the entrypoint, its profiles and its key are."""

from __future__ import annotations

from typing import Final

from golive.config.endpoint import EMBEDDED
from golive.config.exchange_table import RUNBOOK_STRATEGIES
from golive.model.errors import ConfigError

from ..strategy_check import check_strategy
from .place import Done, Place, blocked, judged, ok

_SHOW: Final = "golive config show --origin"
_GUARDRAILS: Final = ("paper_exchange_metrics", "io_queue")


def config_check(place: Place, stage: str) -> Done:
    """Both files are read strictly; one that is wrong ended the command before."""
    configuration = place.configuration
    told = f"{len(configuration.runtime.trading.entrypoints)} entrypoints, {len(configuration.core.environments)} environments"
    return ok(told, place.runtime_file, place.runtime_file.parent / configuration.runtime.core.path)


def entrypoint(place: Place, stage: str) -> Done:
    """The entrypoint leads to its paper environment, with the strategy and the tags that the runbooks name."""
    found = place.paper
    label = found.exchange
    bad = _differences(
        ("environment", found.environment, f"{label}_paper"),
        ("tags", found.tags, ("desktop", "paper", label)),
        ("strategy", found.strategy, RUNBOOK_STRATEGIES.get(label, found.strategy)),
    )
    return judged(f"{found.name} → {found.environment}, {found.strategy}, risk profile {found.risk_profile}", bad, _SHOW)


def credentials(place: Place, stage: str) -> Done:
    """The environment has the venue's adapter and key, and the key is to be had."""
    found = place.paper
    label = found.exchange
    bad = _differences(
        ("exchange", found.adapter, f"{label}_spot"), ("keychain_key", found.keychain_key, f"{label}_paper_trading")
    )
    if bad:
        return judged("", bad, _SHOW)
    if found.endpoint == EMBEDDED:
        return ok(f"{found.keychain_key} of {found.adapter}: made anew for each session of the embedded venue")
    if place.store.holds(found.keychain_key):
        return ok(f"{found.keychain_key} is in the {place.store.source}")
    return blocked(f"no key {found.keychain_key} in the {place.store.source}", f"golive secrets set {found.keychain_key}")


def profiles(place: Place, stage: str) -> Done:
    """Paper and trading profile of the entrypoint name it, its adapter, queue, tags and guardrails."""
    found = place.paper
    label = found.exchange
    paper, trading = found.paper, found.trading
    if paper is None or trading is None:
        return blocked(f"{found.name} has no paper profile or no trading profile", "golive config check")
    adapter = f"{label}_spot"
    bad = _differences(
        ("paper profile", found.paper_profile, f"{label}_paper"),
        ("trading profile", found.trading_profile, f"{label}_desktop"),
        ("paper_profiles adapter", paper.adapter, adapter),
        ("trading_profiles adapter", trading.adapter, adapter),
        ("paper_profiles entrypoint", paper.entrypoint, found.name),
        ("trading_profiles entrypoint", trading.entrypoint, found.name),
        ("tags", trading.tags, ("desktop", "paper", label)),
        ("guardrails", tuple(sorted(trading.guardrails)), tuple(sorted(_GUARDRAILS))),
        ("io_queue", trading.io_queue, adapter),
    )
    return judged(f"{found.paper_profile}, {found.trading_profile}: {adapter}, {', '.join(trading.tags)}", bad, _SHOW)


def sandbox_mode(place: Place, stage: str) -> Done:
    """`sandbox_mode` follows the endpoint."""
    found = place.entrypoint
    wanted = found.endpoint == "sandbox"
    if found.sandbox_mode is not wanted:
        return blocked(f"sandbox_mode is {found.sandbox_mode} at endpoint {found.endpoint}; write sandbox_mode: auto", _SHOW)
    return ok(f"{'on' if wanted else 'off'}, as endpoint {found.endpoint} wants")


def enforcement(place: Place, stage: str) -> Done:
    """Nothing starts without a valid licence."""
    if not place.configuration.runtime.licensing.enforcement:
        return blocked("licensing.enforcement is false in config/runtime.yaml; write true", "golive config check")
    return ok("licensing.enforcement: true")


def automatic_confirmation(place: Place, stage: str) -> Done:
    """Outside live nothing is confirmed without a person, and live starts with auto-trade off."""
    bad = []
    for name in sorted(place.configuration.runtime.trading.entrypoints):
        each = place.configuration.resolve(name)
        if each.trusted_auto_confirm and each.environment_type != "live":
            bad.append(f"{name}: trusted_auto_confirm is true outside live")
        if each.enable_auto_trade and each.environment_type == "live":
            bad.append(f"{name}: enable_auto_trade is true in the file of a live entrypoint")
    return judged("trusted_auto_confirm is false in demo and paper", bad, _SHOW)


def strategy_smoke(place: Place, stage: str) -> Done:
    """The entrypoint's strategy passes the examination of strategies, on candles that are made."""
    name = place.entrypoint.strategy
    try:
        found = check_strategy(name, place.home, given=dict(place.entrypoint.parameters), timeframe=place.entrypoint.timeframe)
    except ConfigError as exc:
        return blocked(str(exc), f"golive strategy check {name}")
    bad = [f"{each.check}: {each.detail}" for each in found.findings if each.status == "failed"]
    return judged(f"{name}: {len(found.findings)} checks over {found.candles} candles", bad, f"golive strategy check {name}")


def _differences(*rows: tuple[str, object, object]) -> list[str]:
    return [f"{what} is {_shown(found)}, wanted is {_shown(wanted)}" for what, found, wanted in rows if found != wanted]


def _shown(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
