"""What must hold at the venue before a session trades: its symbols are listed, its key may do what it must and no more."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from golive.model.instrument import Instrument
from golive.venues.adapter import VenueAdapter

from .facts import SessionFacts
from .failure import ValidationFailed
from .permission import require_permissions
from .plan import Plan


async def validate(plan: Plan, adapter: VenueAdapter, facts: SessionFacts) -> list[Instrument]:
    """Check symbols, credentials and permissions against what the venue itself says; return the instruments to trade.

    Raises ValidationFailed naming what does not hold.
    """
    if adapter.settings.credentials is None:
        _may_go_without_credentials(plan)
    listed = await adapter.load()
    missing = [i for i in plan.instruments if i not in listed]
    if missing:
        raise ValidationFailed(f"{plan.entrypoint.adapter} does not list {', '.join(map(str, missing))}")
    if adapter.settings.credentials is None:
        facts.warnings.append(f"no credentials {plan.entrypoint.keychain_key!r}: public reads only, balances were not checked")
    else:
        _check_permissions(plan, facts, await adapter.permissions())
    return [listed[i] for i in plan.instruments]


def _may_go_without_credentials(plan: Plan) -> None:
    """Raise ValidationFailed where nothing is looked at without keys: the sandbox, and every live mode, dry run or not."""
    name = plan.entrypoint.keychain_key
    if plan.mode == "live":
        raise ValidationFailed(
            f"environment {plan.entrypoint.environment} needs credentials {name!r}, and there are none: "
            f"golive secrets set {name}; --credentials FILE gives those of a simulated venue on this machine"
        )
    if plan.endpoint == "sandbox":
        raise ValidationFailed(f"endpoint sandbox needs credentials {name!r}, and there are none: golive secrets set {name}")


async def held_of(adapter: VenueAdapter, instruments: Sequence[Instrument]) -> dict[str, Decimal]:
    """Return what the account at the venue holds of the assets that are traded."""
    traded = {asset for each in instruments for asset in (each.base, each.quote)}
    return {asset: Decimal(balance.total_text) for asset, balance in (await adapter.balances()).items() if asset in traded}


def _check_permissions(plan: Plan, facts: SessionFacts, observed: tuple[str, ...]) -> None:
    facts.permissions = tuple(sorted(observed))
    entrypoint = plan.entrypoint
    require_permissions(
        entrypoint.keychain_key, observed, required=entrypoint.required_permissions, forbidden=entrypoint.forbidden_permissions
    )
    facts.credentials_validated = True
