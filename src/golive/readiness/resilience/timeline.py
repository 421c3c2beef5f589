"""Reads off what was said when a fault was noticed, got round and healed, and counts what became of the orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from golive.orders.state import OrderEvent

from .said import Said, What

_BAD_NEWS: Final = frozenset({OrderEvent.NOT_SENT, OrderEvent.REJECTED, OrderEvent.UNANSWERED})


def detected(said: Iterable[Said], adapter: str, since: int) -> int | None:
    """Return when the first sign of trouble at a venue was noticed; monotonic ns, None: never."""

    def shows(each: Said) -> bool:
        return each.what in (What.UNWELL, What.REFUSED) or (each.what is What.NEWS and each.detail in _BAD_NEWS)

    return _first(said, since, lambda each: each.adapter == adapter and shows(each))


def executed_elsewhere(said: Sequence[Said], since: int) -> int | None:
    """Return when the first order that was asked since then was executed at another venue."""
    asked = asked_since(said, since)
    other = {new for old, new in reroutes(said).items() if old in asked}
    return _first(said, since, lambda each: each.what is What.FILL and each.order in other)


def executed_again(said: Sequence[Said], adapter: str, since: int) -> int | None:
    """Return when the first order that was asked since then was executed, at the venue that it was meant for."""
    asked = asked_since(said, since)
    return _first(said, since, lambda each: each.what is What.FILL and each.adapter == adapter and each.order in asked)


def first_of(said: Iterable[Said], what: What, since: int) -> int | None:
    return _first(said, since, lambda each: each.what is what)


def asked_since(said: Iterable[Said], since: int, until: int | None = None) -> frozenset[str]:
    """Return the orders that were asked from `since` on, to `until` if that is given."""
    return frozenset(
        each.order for each in said if each.what is What.ASKED and each.at >= since and (until is None or each.at <= until)
    )


def reroutes(said: Iterable[Said]) -> Mapping[str, str]:
    """Return under which id an order went to another venue."""
    return {each.order: each.detail for each in said if each.what is What.REROUTED}


def asked_at(said: Iterable[Said]) -> Mapping[str, int]:
    """Return when each order was asked, also by the id under which it went on."""
    times = {each.order: each.at for each in said if each.what is What.ASKED}
    return times | {new: times[old] for old, new in reroutes(said).items() if old in times}


def failed(said: Sequence[Said], executed: Iterable[str], since: int, until: int | None) -> int:
    """Count the orders asked in that time of which no venue has executed anything; `executed`: ids that venues have."""
    done, moved = frozenset(executed), reroutes(said)
    return sum(not {each, moved.get(each, each)} & done for each in asked_since(said, since, until))


def duplicated(said: Iterable[Said], executed: Iterable[str]) -> int:
    """Count what venues have beyond one per order; `executed` names an id as often as venues have it."""
    origin = {new: old for old, new in reroutes(said).items()}
    return sum(times - 1 for times in Counter(origin.get(each, each) for each in executed).values())


def _first(said: Iterable[Said], since: int, is_it: Callable[[Said], bool]) -> int | None:
    return min((each.at for each in said if each.at >= since and is_it(each)), default=None)
