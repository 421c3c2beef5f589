"""What an account starts with: the paper account of an entrypoint, and the account of its embedded venue."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from golive.config.resolved import ResolvedEntrypoint


def start_balances(entrypoint: ResolvedEntrypoint) -> Mapping[str, Decimal]:
    """Return the start balances of an entrypoint by asset; nothing outside paper."""
    paper = entrypoint.paper
    return {} if paper is None else {asset: Decimal(amount) for asset, amount in paper.start_balances.items()}
