"""Alerts, and what their self-test found, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from golive.model.clock import to_iso
from golive.observability.wording import Language, word

from .alert_words import SEVERITIES, STATES, TEXTS
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.alerts.list import AlertLine, AlertList
    from golive.runtime.alerts.selftest import Selftest


def alert_lines(found: AlertList, language: Language = Language.EN) -> Iterator[str]:
    """Yield each alert with a line for each of its channels; a word when there is none."""
    if not found.alerts:
        yield word(TEXTS, "none", language)
    for line in found.alerts:
        severity = word(SEVERITIES, line.severity, language)
        yield f"{to_iso(line.ts)}  {severity:<9} {line.alert_id}  {clean(line.title)}{_acknowledged(line, language)}"
        if line.state != "routed":
            yield f"    {word(STATES, line.state, language)}"
        for each in line.channels:
            problem = f": {clean(each.problem)}" if each.problem and each.state != "delivered" else ""
            state = word(STATES, each.state, language)
            told = word(TEXTS, "attempt", language).format(channel=each.channel, state=state, attempts=each.attempts)
            yield f"    {told}{problem}"


def selftest_lines(found: Selftest) -> Iterator[str]:
    """Yield each channel, with why it failed; what must not have been held back; the audit; and what that comes to."""
    for tested in found.channels:
        problem = f": {clean(tested.problem)}" if tested.problem else ""
        yield f"{tested.channel:<24} {tested.outcome:<10} attempt {tested.attempts}, {tested.seconds:.1f} s{problem}"
    for each in found.critical_suppressed:
        yield f"suppressed: {each.category} {each.severity}: {each.title} ({each.alert_id})"
    if not found.critical_exempt:
        yield (
            "an environment throttles critical alerts: alert_throttle.exclude_severities lacks critical; "
            "add it in core.yaml: environments.<name>"
        )
    sound = "sound" if found.audit.sound else "NOT sound: golive audit verify --all tells where"
    yield f"audit: {found.audit.files} files in {found.audit.directory}, {sound}"
    yield f"self-test: {found.status} (exit {found.exit_code})"


def _acknowledged(line: AlertLine, language: Language) -> str:
    if line.acknowledged_by is not None:
        said = word(TEXTS, "seen", language).format(person=clean(line.acknowledged_by))
    elif line.escalated_at is not None:
        said = word(TEXTS, "escalated", language).format(at=to_iso(line.escalated_at))
    elif line.acknowledge_until is not None:
        said = word(TEXTS, "due", language).format(at=to_iso(line.acknowledge_until))
    else:
        return ""
    return f"  ({said})"
