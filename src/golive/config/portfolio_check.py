"""The rule that ties `portfolio.targets` to what is traded."""

from __future__ import annotations

from typing import Final

from .binding import Draft, path_text
from .problem import Problems, did_you_mean

_TARGETS: Final = ("portfolio", "targets")
_UNIVERSES: Final = ("instrument_universes",)


def targets_are_of_what_is_traded(draft: Draft, problems: Problems) -> None:
    universes = draft.names.get(_UNIVERSES)
    if universes is None:
        return
    listed = [draft.texts(*_UNIVERSES, name, "instruments") for name in universes]
    if None in listed:  # reported already
        return
    known = {instrument for each in listed for instrument in each or ()}
    for name in draft.names.get(_TARGETS, ()):
        if name not in known:
            message = f"{path_text(_TARGETS)}: no instrument universe holds {name}"
            problems.add(draft.keys[(*_TARGETS, name)], message, allowed=", ".join(sorted(known)), fix=did_you_mean(name, known))
