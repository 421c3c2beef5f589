"""`core.yaml: alerts`, and what an environment says about its alerts. What each does: docs/alerts.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from .key import NAME, RELATIVE_FORM, RELATIVE_PATH, Key

_NAMES: Final = "letters and digits, joined by single '_' or '-'"
_CATEGORY: Final = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
_CATEGORY_FORM: Final = "lower-case letters and digits, joined by single '_'"
SEVERITIES: Final = ("info", "warning", "error", "critical")
DEFAULT_WINDOW_SECONDS: Final = {"paper": 300, "testnet": 300, "live": 180}


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertThrottle:
    window_seconds: Annotated[
        int | None,
        Key(
            "The same alert is told once within it. Default: 300, in live 180. 0 = no throttle.",
            unit="seconds",
            minimum=0,
            maximum=86_400,
        ),
    ] = None
    exclude_severities: Annotated[
        tuple[str, ...], Key("Severities that are always told; live needs critical.", choices=SEVERITIES)
    ] = ("critical",)
    exclude_categories: Annotated[
        tuple[str, ...], Key("Categories that are always told.", pattern=_CATEGORY, form=_CATEGORY_FORM)
    ] = ("health",)
    max_entries: Annotated[
        int, Key("How many alerts are remembered; the oldest are forgotten first.", minimum=1, maximum=1_000_000)
    ] = 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertAudit:
    backend: Annotated[str, Key("Where outcomes of alerts are kept: signed files.", choices=("file",))] = "file"
    directory: Annotated[
        str,
        Key("Folder of those files, relative to home; one for all environments.", pattern=RELATIVE_PATH, form=RELATIVE_FORM),
    ] = "alerts"
    retention_days: Annotated[
        int,
        Key("Older files are removed, with a signed record; one for all environments.", unit="days", minimum=1, maximum=36_500),
    ] = 730


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertChannel:
    url_secret: Annotated[str, Key("Name of the secret that holds the channel's Apprise URL.", pattern=NAME, form=_NAMES)]
    critical: Annotated[bool, Key("Whether critical alerts may rely on it; a self-test sends to each such channel.")] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Alerts:
    channels: Annotated[Mapping[str, AlertChannel], Key("Channels by name.", names=NAME, names_form=_NAMES)] = field(
        default_factory=dict
    )
    acknowledge_timeout_seconds: Annotated[
        int,
        Key(
            "A critical alert that nobody has acknowledged by then switches auto-trade off and emergency mode on.",
            unit="seconds",
            minimum=10,
            maximum=86_400,
        ),
    ] = 300
