"""What risk refused over a sweep: the reason why a set that looks fine did not trade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from golive.model.json import JsonObject, JsonValue
from golive.observability import reading as read

from .sweep_row import FIELD, REFUSALS, refusal_of

if TYPE_CHECKING:
    from .sweep_row import Rows


def refusals_of(parts: Sequence[Rows]) -> dict[str, JsonValue]:
    """Return how many orders were refused, of how many sets, and the code that most of them were refused for.

    A set's orders count for the code that it was refused for most often.
    """
    by_code = [0] * (len(REFUSALS) + 1)
    sets = 0
    for rows in parts:
        counts, codes = rows[:, FIELD["refused"]].tolist(), rows[:, FIELD["refusal"]].tolist()
        sets += sum(count > 0 for count in counts)
        for count, code in zip(counts, codes, strict=True):
            by_code[code] += count
    most = max(by_code)
    return {"orders": sum(by_code), "sets": sets, "most_often": refusal_of(by_code.index(most)) if most else None}


def refusal_notes(outcome: JsonObject) -> list[str]:
    """Return what a reader must know about refused orders; nothing when there was none."""
    found = read.mapping(outcome, "refused")
    orders, sets = int(read.number(found, "orders")), int(read.number(found, "sets"))
    if not orders:
        return []
    profile, tried = read.text(outcome, "terms", "risk_profile"), int(read.number(outcome, "tried"))
    return [
        f"risk profile {profile} refused {orders:,} order{'' if orders == 1 else 's'} of {sets:,} of {tried:,} sets, most often "
        f"{read.text(found, 'most_often')}; `golive backtest` of such a set says more, --risk-profile chooses other limits"
    ]
