"""Checks of rooms that this version does not have: `paper_labs` is unknown; `ui_prelive` and `cloud` are used by nobody.

No key of the configuration turns on an operator console or a cloud service, so neither can be used: that is a fact of the
configuration, and stands as the reason.
"""

from __future__ import annotations

from typing import Final

from ..check_table import CHECKS
from ..finding import Finding, Status

_UNUSED: Final = {
    "ui_prelive": "no key of the configuration turns an operator console on, so there is none to start",
    "cloud": "no key of the configuration turns the cloud service on (there is no config/cloud/server.yaml), so it is not used",
}


def paper_labs() -> Finding:
    """Say that no report of Paper Labs can be there."""
    return Finding(
        "paper_labs",
        Status.UNKNOWN,
        ("Paper Labs are not part of this version: no report can be made or attached",),
        threshold={"newest_report_days": 7},
        owner=_owner("paper_labs"),
        next_command=CHECKS["paper_labs"].next_command,
    )


def unused(id_: str, found: bool) -> Finding:
    """Say that an optional room is not used; unknown where something of it was `found` all the same."""
    if found:
        told = "there is a configuration of it, and this version has no such part to check"
        return Finding(id_, Status.UNKNOWN, (told,), owner=_owner(id_), next_command=CHECKS[id_].next_command)
    return Finding(id_, Status.NOT_APPLICABLE, (_UNUSED[id_],), owner=_owner(id_))


def _owner(id_: str) -> tuple[str, ...]:
    return tuple(str(each) for each in CHECKS[id_].owners)
