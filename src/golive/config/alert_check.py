"""Rules that tie what environments say about alerts to the channels and to each other."""

from __future__ import annotations

from typing import Final

from .binding import Draft, path_text
from .problem import Problems, did_you_mean

_CHANNELS: Final = ("alerts", "channels")
_CRITICAL: Final = "critical"


def alert_channels_exist(draft: Draft, problems: Problems) -> None:
    known = draft.names.get(_CHANNELS, ())
    for name in draft.names.get(("environments",), ()):
        path = ("environments", name, "alert_channels")
        for number, channel in enumerate(draft.texts(*path) or ()):
            if channel not in known:
                fix = did_you_mean(channel, known) if known else f"add it under {path_text(_CHANNELS)}"
                position = draft.where(*path, str(number))
                problems.add(
                    position, f"{path_text(path)}: there is no alert channel {channel}", allowed=", ".join(known), fix=fix
                )


def live_never_throttles_critical_alerts(draft: Draft, problems: Problems) -> None:
    for name in draft.names.get(("environments",), ()):
        path = ("environments", name, "alert_throttle", "exclude_severities")
        if draft.text("environments", name, "environment") != "live":
            continue
        severities = draft.texts(*path)
        if severities is not None and _CRITICAL not in severities:
            message = f"{path_text(path)}: a live environment may not throttle critical alerts"
            problems.add(draft.where(*path), message, fix="add critical to the list")


def alerts_have_one_audit(draft: Draft, problems: Problems) -> None:
    """All environments of an installation write one journal, so its folder and retention are the same everywhere."""
    names = draft.names.get(("environments",), ())
    for key in ("directory", "retention_days"):
        seen: tuple[str, object] | None = None
        for name in names:
            path = ("environments", name, "alert_audit", key)
            value = draft.values.get(path)
            if value is None:
                continue
            if seen is None:
                seen = name, value
            elif value != seen[1]:
                message = f"{path_text(path)}: {value}, but environment {seen[0]} says {seen[1]}"
                problems.add(
                    draft.where(*path), message, allowed=str(seen[1]), fix="one audit holds the alerts of all environments"
                )
