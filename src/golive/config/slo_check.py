"""Rules that tie the keys of an objective to each other; each reports at the position of the wrong value."""

from __future__ import annotations

from typing import Final

from golive.model.indicator import ALLOWED, INDICATORS, QUANTILES, Aggregation, Indicator, IndicatorKind
from golive.model.verdict import Stage

from .adapter_table import KNOWN_LABELS
from .binding import Draft, Path, path_text
from .problem import Problems, did_you_mean

_OBJECTIVES: Final = ("observability", "slo")
_SHARES: Final = (IndicatorKind.FRACTION, IndicatorKind.SUCCESS, IndicatorKind.STATE)


def _objectives(draft: Draft) -> list[Path]:
    return [(*_OBJECTIVES, number) for number in draft.names.get(_OBJECTIVES, ())]


def objective_names_are_unique(draft: Draft, problems: Problems) -> None:
    seen: dict[str, Path] = {}
    for path in _objectives(draft):
        name = draft.text(*path, "name")
        if name is None:
            continue
        if name in seen:
            message = (
                f"{path_text((*path, 'name'))}: {name} is the name of another objective ({draft.where(*seen[name], 'name')})"
            )
            problems.add(draft.where(*path, "name"), message, fix="reports tell objectives apart by name; choose another")
        seen.setdefault(name, path)


def objectives_fit_their_indicator(draft: Draft, problems: Problems) -> None:
    """An aggregation must mean something for the indicator's values; a share lies between 0 and 1."""
    for path in _objectives(draft):
        indicator = _indicator(draft, path)
        if indicator is None:
            continue
        asked = draft.text(*path, "aggregation")
        allowed = ALLOWED[indicator.kind]
        if asked is not None and asked not in allowed:
            message = f"{path_text((*path, 'aggregation'))}: {indicator.name} ({indicator.kind}) has no {asked}"
            problems.add(draft.where(*path, "aggregation"), message, allowed=", ".join(allowed))
        if indicator.kind not in _SHARES:
            continue
        for key in ("target", "warning_threshold"):
            value = draft.number(*path, key)
            if value is not None and not 0 <= value <= 1:
                message = f"{path_text((*path, key))}: {value} is no share, and {indicator.name} is one"
                problems.add(draft.where(*path, key), message, allowed="0 to 1")


def the_largest_value_is_bounded_from_above(draft: Draft, problems: Problems) -> None:
    for path in _objectives(draft):
        if draft.text(*path, "aggregation") == Aggregation.MAX and draft.text(*path, "comparison") == ">=":
            message = f"{path_text((*path, 'comparison'))}: one good value would keep the promise for all"
            fix = f"write <=, or take one of {', '.join(QUANTILES)}"
            problems.add(draft.where(*path, "comparison"), message, allowed='"<="', fix=fix)


def warnings_come_before_breaches(draft: Draft, problems: Problems) -> None:
    for path in _objectives(draft):
        target, warning = draft.number(*path, "target"), draft.number(*path, "warning_threshold")
        comparison = draft.text(*path, "comparison")
        if target is None or warning is None or comparison is None:
            continue
        if (warning > target) if comparison == "<=" else (warning < target):
            message = f"{path_text((*path, 'warning_threshold'))}: {warning} lies beyond the target {target}"
            fix = "a value between the two would be a breach before it is a warning"
            problems.add(draft.where(*path, "warning_threshold"), message, allowed=f"{comparison} {target}", fix=fix)


def filters_name_what_exists(draft: Draft, problems: Problems) -> None:
    """A filter by a name that nothing has would leave an objective without values for ever."""
    known = {
        "entrypoint": tuple(draft.names.get(("trading", "entrypoints"), ())),
        "exchange": KNOWN_LABELS,
        "stage": tuple(Stage),
    }
    for path in _objectives(draft):
        for label in draft.names.get((*path, "label_filters"), ()):
            here = (*path, "label_filters", str(label))
            value, allowed = draft.text(*here), known.get(str(label), ())
            if value is not None and allowed and value not in allowed:
                message = f"{path_text(here)}: there is no {label} {value}"
                problems.add(draft.where(*here), message, allowed=", ".join(allowed), fix=did_you_mean(value, allowed))


def _indicator(draft: Draft, path: Path) -> Indicator | None:
    return INDICATORS.get(draft.text(*path, "indicator") or "")
