"""`core.yaml: observability.slo`: what service levels are promised, and in which window they are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from golive.model.indicator import FILTERS, INDICATORS, Aggregation

from .key import NAME, Key

_NAMES: Final = "letters and digits, joined by single '_' or '-'"
COMPARISONS: Final = ("<=", ">=")
SEVERITIES: Final = ("warning", "error", "critical")
LONGEST_MINUTES: Final = 44_640
"""31 days; values are kept no longer"""
_FAR: Final = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Slo:
    name: Annotated[str, Key("Name of the objective in reports.", pattern=NAME, form=_NAMES)]
    indicator: Annotated[str, Key("What is measured.", choices=tuple(INDICATORS))]
    aggregation: Annotated[str, Key("How the values of a window become one.", choices=tuple(each.value for each in Aggregation))]
    comparison: Annotated[str, Key("On which side of the target the value has to be.", choices=COMPARISONS)]
    target: Annotated[Decimal, Key("The value promised, in the indicator's unit; the target itself is kept.",
                                  minimum=-_FAR, maximum=_FAR)]  # fmt: skip
    severity: Annotated[str, Key("How bad a breach is.", choices=SEVERITIES)]
    warning_threshold: Annotated[
        Decimal | None,
        Key(
            "A value that keeps the target and lies beyond this is a warning. Default: no warnings.", minimum=-_FAR, maximum=_FAR
        ),
    ] = None
    window_minutes: Annotated[int, Key("How far back values count.", unit="minutes", minimum=1, maximum=LONGEST_MINUTES)] = 1440
    label_filters: Annotated[
        Mapping[str, str],
        Key("Only values that carry these labels; none = all.", names="|".join(FILTERS), names_form=", ".join(FILTERS),
            example="stage"),
    ] = field(default_factory=dict)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreObservability:
    """What is promised."""

    slo: Annotated[tuple[Slo, ...], Key("Service level objectives, judged by golive slo report.")] = ()
