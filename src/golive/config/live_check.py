"""Rules that tie the keys of the live router to each other and to the rest; each reports at the position of the wrong value."""

from __future__ import annotations

from typing import Final

from golive.model.ids import InstrumentId

from .adapter_table import KNOWN_ADAPTERS
from .binding import Draft, Path, path_text
from .live_section import LEAST_SWITCH_SECONDS
from .problem import Problems, did_you_mean

_ROUTER: Final = ("execution", "live_router")
_ROUTES: Final = (*_ROUTER, "routes")


def _routes(draft: Draft) -> list[Path]:
    return [(*_ROUTES, number) for number in draft.names.get(_ROUTES, ())]


def route_names_are_unique(draft: Draft, problems: Problems) -> None:
    seen: dict[str, Path] = {}
    for path in _routes(draft):
        name = draft.text(*path, "name")
        if name is None:
            continue
        if name in seen:
            message = f"{path_text((*path, 'name'))}: {name} is the name of another route ({draft.where(*seen[name], 'name')})"
            problems.add(draft.where(*path, "name"), message, fix="metrics and logs tell routes apart by name; choose another")
        seen.setdefault(name, path)


def routes_refer_to_what_exists(draft: Draft, problems: Problems) -> None:
    """A risk profile must exist; a symbol must be traded, by some universe, at a venue of the route."""
    profiles = draft.names.get(("risk_profiles",))
    traded = _traded(draft)
    for path in _routes(draft):
        for n, name in enumerate(draft.texts(*path, "risk_profiles") or ()):
            if profiles is not None and name not in profiles:
                message = f"{path_text((*path, 'risk_profiles'))}: there is no risk profile {name}"
                position = draft.where(*path, "risk_profiles", str(n))
                problems.add(position, message, allowed=", ".join(sorted(profiles)), fix=did_you_mean(name, profiles))
        adapters = draft.texts(*path, "adapters")
        if adapters is None or traded is None:
            continue
        here = sorted({each.symbol for each in traded if each.venue in {KNOWN_ADAPTERS[a].label for a in adapters}})
        for n, symbol in enumerate(draft.texts(*path, "symbols") or ()):
            if symbol not in here:
                message = f"{path_text((*path, 'symbols'))}: no universe trades {symbol} at {', '.join(adapters)}"
                position = draft.where(*path, "symbols", str(n))
                problems.add(position, message, allowed=", ".join(here), fix=did_you_mean(symbol, here))


def _traded(draft: Draft) -> list[InstrumentId] | None:
    """Return the instruments of all universes; None when one of them could not be read."""
    found: list[InstrumentId] = []
    for name in draft.names.get(("instrument_universes",), ()):
        texts = draft.texts("instrument_universes", name, "instruments")
        if texts is None:
            return None
        found += map(InstrumentId.parse, texts)
    return found


def a_fallback_has_somewhere_to_go(draft: Draft, problems: Problems) -> None:
    for path in _routes(draft):
        adapters = draft.texts(*path, "adapters")
        if draft.values.get((*path, "allow_fallback")) is True and adapters is not None and len(adapters) < 2:
            message = f"{path_text((*path, 'allow_fallback'))}: true, but the route has one venue only"
            problems.add(draft.where(*path, "allow_fallback"), message, fix="add a venue to adapters, or write false")


def the_dead_mans_switch_is_one_that_venues_take(draft: Draft, problems: Problems) -> None:
    path = (*_ROUTER, "dead_man_switch_seconds")
    seconds = draft.number(*path)
    if seconds is not None and 0 < seconds < LEAST_SWITCH_SECONDS:
        message = f"{path_text(path)}: {seconds} is shorter than the venues take"
        problems.add(draft.where(*path), message, allowed=f"0, or {LEAST_SWITCH_SECONDS} to 120 (seconds)")
