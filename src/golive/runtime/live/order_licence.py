"""Whether a person's order may add risk by the licence; what reduces leaves without one, so nothing is asked then."""

from __future__ import annotations

from pathlib import Path

from golive.config.endpoint import is_loopback_host
from golive.config.licensing_section import Licensing
from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import Clock
from golive.model.errors import JournalError
from golive.security.licence.judge import Wanted

from ..licence.desk import LicenceDesk, refusal
from ..session_licence import DESKTOP


class OrderLicence:
    """Asked once for each venue: a command is short."""

    def __init__(self, home: Path, licensing: Licensing, entrypoint: ResolvedEntrypoint, clock: Clock) -> None:
        self._desk = LicenceDesk(home=home, licensing=licensing, clock=clock)
        self._is_live = entrypoint.environment_type == "live" and not is_loopback_host(entrypoint.endpoint_host or "")
        self._known: dict[str, str | None] = {}

    def lapse(self, venue: str) -> str | None:
        """Return why nothing may add risk at `venue`, a label; None when it may. What cannot be known is no licence."""
        if not self._desk.licensing.enforcement:
            return None
        if venue not in self._known:
            try:
                found = self._desk.check(Wanted((DESKTOP, venue), live=self._is_live), "order")
                self._known[venue] = None if found.is_good else refusal(found)
            except JournalError as exc:
                self._known[venue] = f"whether there is a licence is not known: {exc}"
        return self._known[venue]
