"""Rules that tie `runtime_entrypoints` to entrypoints and risk profiles; each reports at the position of the wrong value."""

from __future__ import annotations

from typing import Final

from .binding import Draft, path_text
from .problem import Problems, did_you_mean

_SECTION: Final = ("runtime_entrypoints",)
_ENTRYPOINTS: Final = ("trading", "entrypoints")


def compliance_is_of_entrypoints(draft: Draft, problems: Problems) -> None:
    known = draft.names.get(_ENTRYPOINTS)
    if known is None:
        return
    for name in draft.names.get(_SECTION, ()):
        if name not in known:
            message = f"{path_text(_SECTION)}: there is no entrypoint {name}"
            fix = did_you_mean(name, known) if known else f"add it under {path_text(_ENTRYPOINTS)} of runtime.yaml"
            problems.add(draft.keys[(*_SECTION, name)], message, allowed=", ".join(sorted(known)), fix=fix)


def compliance_permits_profiles_that_exist(draft: Draft, problems: Problems) -> None:
    known = draft.names.get(("risk_profiles",))
    if known is None:
        return
    for name in draft.names.get(_SECTION, ()):
        path = (*_SECTION, name, "compliance", "risk_profiles")
        for number, profile in enumerate(draft.texts(*path) or ()):
            if profile not in known:
                message = f"{path_text(path)}: there is no risk profile {profile}"
                at = draft.where(*path, str(number))
                problems.add(at, message, allowed=", ".join(sorted(known)), fix=did_you_mean(profile, known))
