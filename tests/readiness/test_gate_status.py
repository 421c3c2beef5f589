"""How a gate is shown: one that lets nobody through is shut, until nothing, and who closed it is named."""

from __future__ import annotations

from golive.readiness.gate_state import Opened, Shut
from golive.readiness.gate_status import gate_document

OPENED = Opened(
    operators={"lena": ("live_activator",), "carl": ("compliance",)}, opened_at=1, seq=2, mac="", looked_at=1, expires_at=9,
    expires_first=9, report="r.json", report_sha256="0" * 64, bound={},
)  # fmt: skip


def test_an_open_gate_that_would_be_refused_is_shown_shut() -> None:
    shown = gate_document(OPENED, ())
    assert (shown.state, shown.since, shown.until, shown.operators) == ("open", 1, 9, ("lena", "carl"))
    shown = gate_document(OPENED, ("the code was changed", "its report is gone"))
    assert (shown.state, shown.since, shown.until) == ("shut", None, None)
    assert shown.because == "the code was changed; its report is gone"


def test_a_shut_gate_names_who_closed_it_and_why() -> None:
    shown = gate_document(Shut(because="strange fills", since=5, by="olga"), ())
    assert (shown.state, shown.because, shown.since, shown.closed_by, shown.until) == ("shut", "strange fills", 5, "olga", None)
